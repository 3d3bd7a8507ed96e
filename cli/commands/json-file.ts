import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { UsageError } from '../errors.ts'
import type { Host } from '../host.ts'
import { quoted } from '../output/safe-text.ts'
import { unreadable } from '../output/unreadable.ts'

/**
 * The JSON of a file, or of standard input where it is called `-`.
 * @throws `USAGE`
 */
export const readJsonFile = async (
  { stdin }: Pick<Host, 'stdin'>,
  path: string,
): Promise<unknown> => {
  const content = await (path === '-' ? text(stdin) : readFile(path, 'utf8')).catch(
    unreadable(path),
  )
  try {
    return JSON.parse(content)
  } catch {
    throw new UsageError(`${quoted(path)} is not JSON.`, 'docs/notifications.md has examples.')
  }
}
