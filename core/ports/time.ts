/** Time. Nobody else asks for it. */
export interface Clock {
  /** @returns milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
}

/** Randomness for ids and salts; tests seed it. */
export interface Random {
  /** @returns `size` unpredictable bytes. */
  bytes(size: number): Uint8Array
}
