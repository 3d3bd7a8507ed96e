/**
 * Memory that threads share, used again and again: what was touched once stays in memory, and neither page faults nor a late
 * garbage collection come with every chunk. Counts nothing; the byte budget does.
 */
export class BufferPool {
  readonly #limit: number
  readonly #free = new Map<number, Uint8Array[]>()
  #kept = 0

  /** @param limit bytes kept for another use, at most */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * @param size bytes
   * @returns memory of just this size, with whatever was in it
   */
  take(size: number): Uint8Array {
    const found = this.#free.get(size)?.pop()
    if (!found) return new Uint8Array(new SharedArrayBuffer(size))
    this.#kept -= size
    return found
  }

  /** @param buffer from `take`, which nobody uses any more */
  give(buffer: Uint8Array): void {
    const size = buffer.length
    // Other sizes give way: what is asked for now is what was used last.
    for (const [other, buffers] of this.#free) {
      if (this.#kept + size <= this.#limit) break
      if (other === size) continue
      this.#kept -= other * buffers.length
      this.#free.delete(other)
    }
    if (this.#kept + size > this.#limit) return
    const buffers = this.#free.get(size)
    if (buffers) buffers.push(buffer)
    else this.#free.set(size, [buffer])
    this.#kept += size
  }
}
