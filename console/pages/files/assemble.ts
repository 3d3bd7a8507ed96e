import type { AnswerHeader, AnswerTrailer } from '#core/contracts/files-answers.ts'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { type AnswerPart, readAnswer } from './contents.ts'

/**
 * Puts a download together from its decrypted parts. Each goes to the browser's own keeping when it is there, which is not this program's memory.
 * @param onProgress `size`: how much there is, where that is known
 * @throws `ANSWER_NOT_AUTHENTIC`
 */
export const assemble = async (
  question: FilesQuestion,
  parts: AsyncIterable<AnswerPart>,
  onProgress: (bytes: number, size: number | undefined) => void,
): Promise<{ content: Blob; header: AnswerHeader; trailer: AnswerTrailer }> => {
  const pieces: Blob[] = []
  let bytes = 0
  const { header, trailer } = await readAnswer(question, parts, (plain, { size }) => {
    bytes += plain.length
    pieces.push(new Blob([plain]))
    onProgress(bytes, size)
  })
  return { content: new Blob(pieces, { type: 'application/octet-stream' }), header, trailer }
}
