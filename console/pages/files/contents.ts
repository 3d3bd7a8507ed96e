import type { z } from 'zod'
import {
  AnswerHeader,
  AnswerTrailer,
  GuestListing,
  GuestVolumes,
} from '#core/contracts/files-answers.ts'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { AnswerNotAuthenticError } from '#core/errors/files.ts'

/** A part of an answer, decrypted. */
export interface AnswerPart {
  plain: Uint8Array<ArrayBuffer>
  last: boolean
}

export type Note = AnswerTrailer['notes'][number]

/** What lies at a place, and what the reader of the files said beside it. */
export type Contents = { notes: readonly Note[] } & (
  | ({ what: 'volumes' } & GuestVolumes)
  | ({ what: 'list' } & GuestListing)
)

/**
 * Takes an answer apart: what it is, its bytes while they come, and what was said at its end.
 * @param question to which it has to be the answer: what lies between might have asked the gateway another one
 * @throws `ANSWER_NOT_AUTHENTIC` where it is none, or that of another question
 */
export const readAnswer = async (
  question: FilesQuestion,
  parts: AsyncIterable<AnswerPart>,
  data: (plain: Uint8Array<ArrayBuffer>, header: AnswerHeader) => void,
): Promise<{ header: AnswerHeader; trailer: AnswerTrailer }> => {
  let header: AnswerHeader | undefined
  let bytes = 0
  for await (const { plain, last } of parts) {
    if (!header) {
      header = parsed(AnswerHeader, plain)
      if (!isAnswerTo(question, header))
        throw new AnswerNotAuthenticError('it is the answer to another question')
    } else if (last) {
      const trailer = parsed(AnswerTrailer, plain)
      if (trailer.bytes !== bytes)
        throw new AnswerNotAuthenticError(`${bytes} bytes came, of ${trailer.bytes}`)
      return { header, trailer }
    } else {
      bytes += plain.length
      data(plain, header)
    }
  }
  throw new AnswerNotAuthenticError('it has no end')
}

/** Reads the volumes of a point, or a folder. @throws as `readAnswer` */
export const readContents = async (
  question: FilesQuestion,
  parts: AsyncIterable<AnswerPart>,
): Promise<Contents> => {
  const pieces: Blob[] = []
  const { trailer } = await readAnswer(question, parts, plain => pieces.push(new Blob([plain])))
  const whole = new Uint8Array(await new Blob(pieces).arrayBuffer())
  const { notes } = trailer
  return question.what === 'volumes'
    ? { what: 'volumes', notes, ...parsed(GuestVolumes, whole) }
    : { what: 'list', notes, ...parsed(GuestListing, whole) }
}

const isAnswerTo = (question: FilesQuestion, header: AnswerHeader): boolean => {
  if (question.what !== header.what) return false
  if (question.what === 'volumes') return true
  return question.volume === header.volume && question.path === header.path
}

const parsed = <S extends z.ZodType>(schema: S, plain: Uint8Array): z.output<S> => {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(plain)))
  } catch {
    throw new AnswerNotAuthenticError('it is not what such an answer looks like')
  }
}
