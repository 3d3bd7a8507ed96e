import { ContentError } from './disk-content.ts'
import { isZero } from './zeros.ts'

const ZEROS = Buffer.alloc(256 * 1024)

/** A disk in the form of a stream that a host takes in. */
export interface DiskImage {
  /** Exact bytes of the stream: XAPI has to be told them. */
  length: number
  /** Bytes of disk in blocks that are written. */
  payload: number
  /**
   * The stream; it copies nothing.
   * @param onProgress bytes of payload sent so far
   */
  stream(signal: AbortSignal, onProgress?: (bytes: number) => void): AsyncIterable<Uint8Array>
}

export function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
}

/** Hands out the content piece by piece, window after window. */
export const contentReader = (pieces: AsyncIterator<{ offset: number; bytes: Uint8Array }>) => {
  let piece: { offset: number; bytes: Uint8Array } | undefined
  let end = 0

  const next = async (): Promise<typeof piece> => {
    if (piece && piece.offset + piece.bytes.length > end) return piece
    const { done, value } = await pieces.next()
    piece = done ? undefined : value
    if (piece && piece.offset < end) throw new ContentError('the content is not in ascending order')
    return piece
  }

  /** Passes over a part of the disk that has no block in the image. */
  const assertZeroUntil = async (limit: number): Promise<void> => {
    for (let part = await next(); part && part.offset < limit; part = await next()) {
      const bytes = part.bytes.subarray(Math.max(0, end - part.offset), limit - part.offset)
      if (!isZero(bytes))
        throw new ContentError(
          `data came for the absent block at byte ${Math.max(end, part.offset)}`,
        )
      end = Math.max(end, part.offset) + bytes.length
      if (bytes.length === 0 || end === limit) break
    }
    end = Math.max(end, limit)
  }

  /** All bytes from where the last window ended up to `limit`, gaps filled with zeros. */
  async function* windowUntil(limit: number): AsyncGenerator<Uint8Array> {
    for (let part = await next(); part && part.offset < limit; part = await next()) {
      if (part.offset > end) yield* zeros(part.offset - end)
      end = Math.max(end, part.offset)
      const bytes = part.bytes.subarray(end - part.offset, limit - part.offset)
      if (bytes.length > 0) yield bytes
      end += bytes.length
      if (end === limit) return
    }
    yield* zeros(limit - end)
    end = limit
  }

  return { assertZeroUntil, windowUntil }
}
