/** Reads the content of a tree; what is yielded may be used again when the next is asked for. @param length bytes; up to the end unless told */
export type ReadContent = (offset: number, length?: number) => AsyncIterable<Uint8Array>

/** Less than this (bytes) is read and thrown away rather than begun anew behind it. */
const SKIPPED = 1024 * 1024

/** Reads stretches of a stream that mostly follow each other, as one read that goes on. */
export class ContentReader {
  readonly #read: ReadContent
  #iterator: AsyncIterator<Uint8Array> | undefined
  #rest: Uint8Array = new Uint8Array(0)
  #position = 0
  #until = 0

  constructor(read: ReadContent) {
    this.#read = read
  }

  /**
   * @param until bytes from the start up to which more is likely to be asked for
   * @param take gets the bytes in their order, and has them until it returns
   * @throws what the stream throws; the next stretch begins anew then
   */
  async read(
    { offset, length, until }: { offset: number; length: number; until: number },
    take: (bytes: Uint8Array) => void | Promise<void>,
  ): Promise<void> {
    if (length === 0) return
    try {
      await this.#seek(offset, length, until)
      for (let left = length; left > 0; ) {
        const bytes = await this.#next(left)
        left -= bytes.length
        await take(bytes)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const iterator = this.#iterator
    this.#iterator = undefined
    this.#rest = new Uint8Array(0)
    await iterator?.return?.()
  }

  async #seek(offset: number, length: number, until: number): Promise<void> {
    const gap = offset - this.#position
    if (this.#iterator && gap >= 0 && gap <= SKIPPED && offset + length <= this.#until) {
      for (let left = gap; left > 0; ) left -= (await this.#next(left)).length
      return
    }
    await this.close()
    this.#until = Math.max(offset + length, until)
    this.#position = offset
    const size = this.#until === Number.POSITIVE_INFINITY ? undefined : this.#until - offset
    this.#iterator = this.#read(offset, size)[Symbol.asyncIterator]()
  }

  /** @returns at least one byte, at most so many */
  async #next(most: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#iterator?.next()
      if (!next || next.done) throw new Error('the content of the tree ends too early')
      this.#rest = next.value
    }
    const bytes = this.#rest.subarray(0, most)
    this.#rest = this.#rest.subarray(bytes.length)
    this.#position += bytes.length
    return bytes
  }
}
