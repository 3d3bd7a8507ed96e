import { ensure } from '#repository/format/bytes.ts'

/** Bytes that grow, with what an entry is made of. */
export class ByteSink {
  #bytes: Buffer
  #length = 0

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** The written bytes, valid until the next change. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  clear(): void {
    this.#length = 0
  }

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#length++] = value
  }

  /** @param value from 0 to 2^53 - 1; seven bits a byte, the lowest first (LEB128) */
  number(value: number): void {
    this.#room(8)
    let rest = value
    while (rest > 0x7f_ff_ff_ff) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest & 127) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  unsigned64(value: bigint): void {
    this.#room(8)
    this.#length = this.#bytes.writeBigUInt64LE(value, this.#length)
  }

  signed64(value: bigint): void {
    this.#room(8)
    this.#length = this.#bytes.writeBigInt64LE(value, this.#length)
  }

  /** @param from the first character that counts; every character one byte */
  raw(text: string, from = 0): void {
    const part = from === 0 ? text : text.slice(from)
    this.number(part.length)
    this.#room(part.length)
    this.#length += this.#bytes.write(part, this.#length, 'latin1')
  }

  text(text: string): void {
    this.block(Buffer.from(text, 'utf8'))
  }

  /** its length before it */
  block(bytes: Uint8Array): void {
    this.number(bytes.length)
    this.append(bytes)
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + more))
    larger.set(this.bytes)
    this.#bytes = larger
  }
}

/** Reads what `ByteSink` wrote. Every method throws `FormatError` beyond the end. */
export class ByteSource {
  readonly #bytes: Buffer
  #at: number
  readonly #end: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get position(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0
  }

  number(): number {
    let value = 0
    let factor = 1
    for (let digits = 0; digits < 8; digits++) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) {
        ensure(Number.isSafeInteger(value), 'a number is too large')
        return value
      }
      factor *= 128
    }
    ensure(false, 'a number has no end')
    return value
  }

  unsigned64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  signed64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8))
  }

  raw(): string {
    const length = this.number()
    const start = this.#take(length)
    return this.#bytes.toString('latin1', start, start + length)
  }

  text(): string {
    const length = this.number()
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** a copy */
  block(): Uint8Array {
    const length = this.number()
    const start = this.#take(length)
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  #take(length: number): number {
    const start = this.#at
    ensure(start + length <= this.#end, 'an entry ends too early')
    this.#at += length
    return start
  }
}
