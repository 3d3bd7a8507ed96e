import {
  type AnswerHeader,
  type AnswerTrailer,
  MOST_DOWNLOADED,
} from '#core/contracts/files-answers.ts'
import { LOOK_LIMITS } from '#core/contracts/guest-files.ts'
import type { SealedAnswer } from '#core/contracts/sealed-answers.ts'
import { DownloadTooLargeError } from '#guest-files/errors.ts'

/** Where an answer is written, one after the other: header, data, trailer. */
export interface Parts {
  header(header: AnswerHeader): Promise<void>
  /** Ends when the bytes are taken: whoever waits for it is never faster than the way to the reader. */
  write(bytes: Uint8Array): Promise<void>
  /** @returns how many parts there are */
  end(trailer: Omit<AnswerTrailer, 'bytes'>): Promise<number>
  /** bytes of data that were sent, before they were sealed */
  sent(): number
}

/**
 * Cuts an answer into parts, seals them and hands each on before it takes more: one part is in memory, and its sealed copy.
 * @param send may repeat as often as it likes: the bytes of a part never change
 */
export const partsTo = (
  sealed: SealedAnswer,
  send: (number: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
): Parts => {
  let number = 0
  let sent = 0
  let filled = 0
  let buffer: Uint8Array<ArrayBuffer> | undefined
  const next = async (plain: Uint8Array<ArrayBuffer>, last = false) => {
    // One is left for the trailer.
    if (number >= LOOK_LIMITS.parts - (last ? 0 : 1))
      throw new DownloadTooLargeError(sent + filled, MOST_DOWNLOADED)
    const bytes = await sealed.part(plain, last)
    await send(number++, bytes)
  }
  const flush = async () => {
    if (!buffer || filled === 0) return
    await next(buffer.subarray(0, filled))
    sent += filled
    filled = 0
  }
  return {
    header: header => next(json(header)),
    async write(bytes) {
      buffer ??= new Uint8Array(LOOK_LIMITS.partBytes)
      for (let at = 0; at < bytes.length; ) {
        const piece = bytes.subarray(at, at + LOOK_LIMITS.partBytes - filled)
        buffer.set(piece, filled)
        filled += piece.length
        at += piece.length
        if (filled === LOOK_LIMITS.partBytes) await flush()
      }
    },
    async end(trailer) {
      await flush()
      await next(json({ bytes: sent, ...trailer }), true)
      return number
    },
    sent: () => sent,
  }
}

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
