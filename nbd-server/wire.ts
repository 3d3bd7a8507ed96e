import type { Duplex } from 'node:stream'

const EVENTS = ['readable', 'end', 'close', 'error'] as const

/** The client is gone, or takes nothing any more. */
export class ConnectionLostError extends Error {}

/** Both directions of one connection, a piece at a time: no more is read than was asked for, no more written than is taken. */
export class Wire {
  readonly stream: Duplex
  readonly #stall: number
  readonly #wake = () => this.#woken()
  #woken: () => void = () => {}
  #sending: Promise<void> = Promise.resolve()

  /** @param stall ms in which the other side must take something */
  constructor(stream: Duplex, stall: number) {
    this.stream = stream
    this.#stall = stall
    for (const event of EVENTS) stream.on(event, this.#wake)
  }

  /** Lets go of the stream, so that TLS can have it. */
  detach(): void {
    for (const event of EVENTS) if (event !== 'error') this.stream.off(event, this.#wake)
  }

  /** @returns `undefined` when the stream ends before */
  async take(length: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const piece = await this.#piece(missing)
      if (!piece) return undefined
      pieces.push(piece)
      missing -= piece.length
    }
    return pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
  }

  /** Reads and forgets. @returns whether all of it came */
  async skip(length: number): Promise<boolean> {
    for (let missing = length; missing > 0; ) {
      const piece = await this.#piece(missing)
      if (!piece) return false
      missing -= piece.length
    }
    return true
  }

  /** Writes the parts without anything of others between them; returns when there is room for more. @throws {ConnectionLostError} */
  send(...parts: Uint8Array[]): Promise<void> {
    const sent = this.#sending.then(() => this.#write(parts))
    this.#sending = sent.catch(() => undefined)
    return sent
  }

  /** @returns at most `most` bytes, or `undefined` at the end */
  async #piece(most: number): Promise<Buffer | undefined> {
    const { stream } = this
    for (;;) {
      // Asking for no more than is there empties the buffer, and reading nothing from an empty one lets a waiting end come through.
      const piece = stream.read(Math.min(most, stream.readableLength)) as Buffer | null
      if (piece && piece.length > 0) return piece
      if (stream.readableEnded || stream.destroyed) return undefined
      await new Promise<void>(resolve => {
        this.#woken = resolve
      })
    }
  }

  async #write(parts: Uint8Array[]): Promise<void> {
    const { stream } = this
    if (stream.destroyed) throw new ConnectionLostError()
    stream.cork()
    let room = true
    for (const part of parts) room = stream.write(part)
    stream.uncork()
    if (!room) await this.#drained()
  }

  #drained(): Promise<void> {
    const { stream } = this
    return new Promise((resolve, reject) => {
      const settle = (work: () => void) => () => {
        clearTimeout(timer)
        stream.off('drain', drained).off('close', closed)
        work()
      }
      const drained = settle(resolve)
      const closed = settle(() => reject(new ConnectionLostError()))
      const timer = setTimeout(
        settle(() => {
          stream.destroy()
          reject(new ConnectionLostError())
        }),
        this.#stall,
      )
      stream.on('drain', drained).on('close', closed)
    })
  }
}
