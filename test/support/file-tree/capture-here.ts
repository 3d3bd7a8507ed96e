import { Messages, type StartReader } from '#file-tree/capture/reader-link.ts'
import { startReader } from '#file-tree/capture/start-reader.ts'
import type { ReaderParts } from '#file-tree/capture/tree-reader.ts'

export type CaptureHere = Partial<Pick<ReaderParts, 'system' | 'accounts' | 'now'>>

/** Reads in the thread of the test, with parts that it made itself. The clock is an hour ahead unless told: nothing is recent then. */
export const captureHere =
  (parts: CaptureHere): StartReader =>
  start => {
    const messages = new Messages()
    const now = () => Date.now() + 3_600_000
    const receive = startReader(start, message => messages.push(message), { now, ...parts })
    return {
      post: message => void receive.then(take => setImmediate(() => take(message))),
      next: () => messages.next(),
      end: async () => {},
    }
  }
