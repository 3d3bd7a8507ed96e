import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { OwnersUnansweredError } from '#core/errors/tree-restore.ts'
import { codeOf } from '../system-error.ts'
import type { People } from './owners.ts'

const run = promisify(execFile)

const NO_SUCH_NAME = 2 // exit code of getent(1)
const PATIENCE = 30_000 // ms; a directory that is far away takes seconds

/**
 * By `getent`, which asks whatever this machine asks (files, LDAP, a domain); where there is none, by the files alone.
 * @param patience milliseconds for one name
 */
export const peopleOf = (patience: number): People => ({
  user: name => lookUp('passwd', name, patience),
  group: name => lookUp('group', name, patience),
})

/** Of this machine. Each throws `OWNERS_UNANSWERED`: a number in the place of a name that is not to be had would give files to a stranger. */
export const peopleHere: People = peopleOf(PATIENCE)

const lookUp = async (
  database: 'passwd' | 'group',
  name: string,
  patience: number,
): Promise<number | undefined> => {
  // An option, or a number, which getent would take for one.
  if (!/^(?!\d+$)[^-:\n][^:\n]*$/.test(name)) return undefined
  try {
    const options = {
      timeout: patience,
      killSignal: 'SIGKILL',
      maxBuffer: 4 * 1024 * 1024,
    } as const
    const { stdout } = await run('getent', [database, name], options)
    // A domain may write the name in its own way.
    return numberIn(stdout.split('\n')[0])
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return lookUpInFile(database, name)
    const { code, killed } = error as { code?: unknown; killed?: boolean }
    if (code === NO_SUCH_NAME) return undefined
    const why = killed
      ? `the directory did not answer within ${Math.round(patience / 1000)} s`
      : `"getent ${database}" failed${typeof code === 'number' ? ` with ${code}` : ''}`
    throw new OwnersUnansweredError(name, why, error)
  }
}

const lookUpInFile = async (
  database: 'passwd' | 'group',
  name: string,
): Promise<number | undefined> => {
  const lines = (await readFile(`/etc/${database}`, 'utf8')).split('\n')
  return numberIn(lines.find(line => line.startsWith(`${name}:`)))
}

/** passwd(5) and group(5) alike: name, password, number. */
const numberIn = (line = ''): number | undefined => {
  const number = line.split(':')[2]
  return number && /^\d+$/.test(number) ? Number(number) : undefined
}
