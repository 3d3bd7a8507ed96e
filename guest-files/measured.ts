import { GuestReaderFailedError } from './errors.ts'

/** What the script says before a tar that it measured. */
export interface Measured {
  /** as find has it: `f`, `d`, `l` … */
  type: string
  /** bytes of all files in it */
  content: number
  tar: AsyncGenerator<Buffer>
}

const LONGEST = 100 // bytes

/**
 * @returns `undefined` where nothing comes: the script fails, and says why
 * @throws `GUEST_READER_FAILED`
 */
export const readMeasured = async (data: AsyncIterable<Buffer>): Promise<Measured | undefined> => {
  const pieces = data[Symbol.asyncIterator]()
  let begin: Buffer = Buffer.alloc(0)
  for (;;) {
    const { value, done } = await pieces.next()
    if (done) break
    begin = Buffer.concat([begin, value])
    const first = begin.indexOf(0)
    const second = begin.indexOf(0, first + 1)
    if (first >= 0 && second > first) {
      const type = begin.toString('latin1', 0, first)
      const content = Number(begin.toString('latin1', first + 1, second))
      return { type, content, tar: restOf(begin.subarray(second + 1), pieces) }
    }
    if (begin.length > LONGEST) break
  }
  if (begin.length === 0) return undefined
  throw new GuestReaderFailedError('what it says cannot be understood')
}

const restOf = async function* (begin: Buffer, pieces: AsyncIterator<Buffer>) {
  if (begin.length > 0) yield begin
  yield* { [Symbol.asyncIterator]: () => pieces }
}
