import { UsageError } from '../errors.ts'
import { quoted } from './safe-text.ts'

const WORDS: Record<string, string> = {
  ENOENT: 'is not there',
  EACCES: 'may not be read by you',
  EISDIR: 'is a folder',
}

/** For the `catch` of a read: why a file that was named cannot be read. @throws `USAGE` */
export const unreadable =
  (path: string) =>
  ({ code = '' }: NodeJS.ErrnoException): never => {
    throw new UsageError(
      `The file ${quoted(path)} ${WORDS[code] ?? `cannot be read (${code || 'unknown reason'})`}.`,
      'Check its name; "-" is standard input.',
    )
  }
