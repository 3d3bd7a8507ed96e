/**
 * Memory that threads share, used again and again: what was touched once stays in memory, and neither page faults nor a late
 * garbage collection come with every chunk. What is lent is bounded by the byte budget, not here.
 */
export class BufferPool {
  readonly #limit: number
  readonly #free = new Map<number, Uint8Array[]>()
  #lent = 0
  #kept = 0

  /** @param limit bytes that are lent or kept for another use; above it nothing is kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** bytes lent, and kept for another use */
  get size(): number {
    return this.#lent + this.#kept
  }

  /**
   * @param size bytes
   * @returns memory of just this size, with whatever was in it
   */
  take(size: number): Uint8Array {
    this.#lent += size
    const found = this.#free.get(size)?.pop()
    if (found) {
      this.#kept -= size
      return found
    }
    this.#shrink()
    return new Uint8Array(new SharedArrayBuffer(size))
  }

  /** @param buffer from `take`, which nobody uses any more */
  give(buffer: Uint8Array): void {
    const size = buffer.length
    this.#lent -= size
    if (this.size + size > this.#limit) return
    const buffers = this.#free.get(size)
    if (buffers) buffers.push(buffer)
    else this.#free.set(size, [buffer])
    this.#kept += size
  }

  /** Of a buffer that is left to the garbage collector, because somebody may still be looking at it. */
  lose(buffer: Uint8Array): void {
    this.#lent -= buffer.length
  }

  /** Other sizes make room: what is asked for now is what is needed. */
  #shrink(): void {
    for (const [size, buffers] of this.#free)
      while (this.size > this.#limit && buffers.pop()) this.#kept -= size
  }
}
