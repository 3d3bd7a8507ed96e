/** The stream ended before what had to come. */
export class PrematureEndError extends Error {
  constructor() {
    super('The stream ended early.')
    this.name = 'PrematureEndError'
  }
}

/** Pulls exact numbers of bytes out of a stream, never more than asked for, never backwards. */
export class ForwardReader {
  /** Bytes taken so far. */
  position = 0
  readonly #pieces: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]()
  }

  /** @throws PrematureEndError */
  async read(length: number): Promise<Buffer> {
    const found = await this.readUpTo(length)
    if (found.length < length) throw new PrematureEndError()
    return found
  }

  /** Fewer bytes than asked for only at the end of the stream. */
  async readUpTo(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const piece = await this.readSome(missing)
      if (piece.length === 0) break
      pieces.push(piece)
      missing -= piece.length
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  /** What is there, at most `length` bytes; empty only at the end of the stream. */
  async readSome(length: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#pieces.next()
      if (done) return this.#rest
      this.#rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    const piece = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(piece.length)
    this.position += piece.length
    return piece
  }

  /** @throws PrematureEndError, or Error when the position has been passed already */
  async skipTo(position: number): Promise<void> {
    if (position < this.position) throw new Error('A stream cannot be read backwards.')
    while (this.position < position) {
      const skipped = await this.readSome(Math.min(position - this.position, 1024 * 1024))
      if (skipped.length === 0) throw new PrematureEndError()
    }
  }

  /** The next bytes as an endless stream would give them, for a decompressor. */
  async *remaining(): AsyncGenerator<Buffer> {
    for (;;) {
      const piece = await this.readSome(1024 * 1024)
      if (piece.length === 0) return
      yield piece
    }
  }

  /** Puts bytes that were only looked at in front of what follows. */
  unread(bytes: Buffer): void {
    this.#rest = Buffer.concat([bytes, this.#rest])
    this.position -= bytes.length
  }
}
