import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { codeOf } from '../system-error.ts'
import type { People } from './owners.ts'

const run = promisify(execFile)

const NO_SUCH_NAME = 2 // exit code of getent(1)

/** By `getent`, which asks whatever this machine asks (files, LDAP, a domain); where there is none, by the files alone. */
export const peopleHere: People = {
  user: name => lookUp('passwd', name),
  group: name => lookUp('group', name),
}

const lookUp = async (database: 'passwd' | 'group', name: string): Promise<number | undefined> => {
  // An option, or a number, which getent would take for one.
  if (!/^[^-\d][^:\n]*$/.test(name)) return undefined
  try {
    const { stdout } = await run('getent', [database, name], { timeout: 30_000 })
    return numberIn(stdout, name)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') {
      if ((error as { code?: unknown }).code === NO_SUCH_NAME) return undefined
      throw error
    }
    return numberIn(await readFile(`/etc/${database}`, 'utf8'), name)
  }
}

/** passwd(5) and group(5) alike: name, password, number. */
const numberIn = (text: string, name: string): number | undefined => {
  const line = text.split('\n').find(each => each.startsWith(`${name}:`))
  const number = line?.split(':')[2]
  return number && /^\d+$/.test(number) ? Number(number) : undefined
}
