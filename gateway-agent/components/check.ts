/** Looks at a stream as it passes, and says at its end whether it was whole. */
export interface StreamCheck {
  /** @throws `STREAM_INVALID` */
  take(bytes: Uint8Array): void
  /** The stream has ended. @throws `STREAM_TRUNCATED`, `STREAM_INVALID` */
  end(): void
}

/** @returns the same stream; it fails where the check does */
export async function* checked(
  body: AsyncIterable<Uint8Array>,
  check: StreamCheck,
): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of body) {
    check.take(bytes)
    yield bytes
  }
  check.end()
}
