import { readFileSync } from 'node:fs'
import { type AskDirectory, askGetent, type Database } from './ask-getent.ts'

/** Names of users and groups as this machine knows them. */
export interface Accounts {
  user(uid: number): string | undefined
  group(gid: number): string | undefined
  /** What somebody should know of it, in a sentence; at the end. */
  notes(): string[]
}

/** Names are worth so much waiting, and no more: milliseconds for one, and for all of a tree together. */
const PATIENCE = { one: 5_000, all: 30_000 }

interface Sources {
  /** lines as of passwd(5) and group(5) */
  lines: (database: Database) => readonly string[]
  ask: AskDirectory
  /** milliseconds, from any beginning */
  now: () => number
}

/**
 * By /etc/passwd and /etc/group, and for whom these do not have by whatever else this machine asks (NSS: LDAP, a domain by sssd or winbind). Each number is asked for once. A
 * directory that does not answer is not asked again: files keep their numbers alone, which is told, and the next run asks anew.
 */
export const machineAccounts = (sources: Partial<Sources> = {}): Accounts => {
  const { lines = linesOf, ask = askGetent, now = () => performance.now() } = sources
  const left = { patience: PATIENCE.all, unanswered: 0, isDown: false }
  const askFor = (database: Database, id: number): string | undefined => {
    if (left.isDown || left.patience <= 0) {
      left.unanswered += 1
      return undefined
    }
    const start = now()
    const answer = ask(database, id, Math.min(PATIENCE.one, left.patience))
    left.patience -= now() - start
    if (answer !== 'no answer') return answer
    left.isDown = true
    left.unanswered += 1
    return undefined
  }
  const names = (database: Database) => {
    const known = numbered(lines(database))
    return (id: number): string | undefined => {
      if (!known.has(id)) known.set(id, askFor(database, id))
      return known.get(id)
    }
  }
  return {
    user: names('passwd'),
    group: names('group'),
    notes: () =>
      left.unanswered === 0
        ? []
        : [
            `The directory of this machine did not answer in time: of ${left.unanswered} users and groups only the numbers are saved. The next backup asks again.`,
          ],
  }
}

const numbered = (lines: readonly string[]): Map<number, string | undefined> => {
  const names = new Map<number, string | undefined>()
  for (const line of lines) {
    const [name, , number] = line.split(':')
    if (name && number && !names.has(Number(number))) names.set(Number(number), name)
  }
  return names
}

const linesOf = (database: Database): readonly string[] => {
  try {
    return readFileSync(`/etc/${database}`, 'utf8').split('\n')
  } catch {
    return []
  }
}
