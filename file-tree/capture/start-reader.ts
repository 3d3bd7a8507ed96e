import { openFileSystem } from '../open-file-system.ts'
import { machineAccounts } from './accounts.ts'
import { type ReaderParts, TreeReader } from './tree-reader.ts'
import { type FromReader, failed, type ReaderStart, type ToReader } from './wire.ts'

/**
 * Begins to read a tree. It ends with `done` or `failed`.
 * @param parts what a test puts in the place of the system's own
 * @returns takes what is sent to the reader
 */
export const startReader = async (
  start: ReaderStart,
  send: (message: FromReader) => void,
  parts: Partial<Pick<ReaderParts, 'system' | 'accounts' | 'now'>> = {},
): Promise<(message: ToReader) => void> => {
  const reader = new TreeReader({
    ...start,
    send,
    system: parts.system ?? (await openFileSystem()),
    accounts: parts.accounts ?? machineAccounts(),
    now: parts.now ?? Date.now,
  })
  reader.run().then(
    report => send({ kind: 'done', report }),
    error => send(failed(error)),
  )
  return message => reader.receive(message)
}
