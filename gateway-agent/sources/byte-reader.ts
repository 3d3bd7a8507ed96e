import { copyInto } from '#repository/index.ts'

/** Reads exact amounts from a stream of pieces. Nothing is copied but what is asked for. */
export interface ByteReader {
  /** Bytes taken from the stream so far. */
  readonly position: number
  /** Fills `target`. @returns the number of bytes filled: fewer only at the end of the stream */
  fill(target: Uint8Array): Promise<number>
  /** Passes over `length` bytes. @returns how many there were */
  skip(length: number): Promise<number>
  /** @returns whether the stream has ended */
  atEnd(): Promise<boolean>
}

export const byteReader = (
  pieces: AsyncIterator<Uint8Array>,
  onBytes: (count: number) => void = () => undefined,
): ByteReader => {
  let piece: Uint8Array = new Uint8Array()
  let ended = false
  let position = 0

  const next = async (): Promise<boolean> => {
    while (piece.length === 0 && !ended) {
      const { done, value } = await pieces.next()
      if (done) ended = true
      else {
        piece = value
        onBytes(value.length)
      }
    }
    return piece.length > 0
  }

  const take = async (length: number, use: (part: Uint8Array, at: number) => void) => {
    let done = 0
    while (done < length && (piece.length > 0 || (await next()))) {
      const part = piece.subarray(0, length - done)
      use(part, done)
      piece = piece.subarray(part.length)
      done += part.length
    }
    position += done
    return done
  }

  return {
    get position() {
      return position
    },
    fill: target => take(target.length, (part, at) => copyInto(target, at, part)),
    skip: length => take(length, () => undefined),
    atEnd: async () => !(await next()),
  }
}
