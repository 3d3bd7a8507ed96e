import { spawnSync } from 'node:child_process'
import { codeOf } from '../system-error.ts'

export type Database = 'passwd' | 'group'

/** @param patience milliseconds. @returns the name; none where nobody has the number, or there is nobody to ask */
export type AskDirectory = (
  database: Database,
  id: number,
  patience: number,
) => string | undefined | 'no answer'

/** By getent(1), a program of its own: what hangs in there can be ended, which a call of the C library cannot. */
export const askGetent: AskDirectory = (database, id, patience) => {
  const { error, status, stdout } = spawnSync('getent', [database, String(id)], {
    encoding: 'utf8',
    timeout: patience,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 4 * 1024 * 1024, // a group names all of its members
  })
  if (codeOf(error) === 'ETIMEDOUT') return 'no answer'
  if (error || status !== 0) return undefined
  const [name, , number] = stdout.split('\n', 1)[0]?.split(':') ?? []
  return name && Number(number) === id ? name : undefined
}
