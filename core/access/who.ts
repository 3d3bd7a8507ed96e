import type { Person } from '../ports.ts'

/** Records cut names at 200 characters (core/audit/append.ts), and the id must not be what is cut off: it has up to 128 (Cognito), a mail address up to 254 (RFC 5321). */
const LENGTH = 200
const AROUND = ' ()'.length

/**
 * How a person stands in records: the mail address for whoever reads them, and the id, which stays the same when the address changes. What
 * is compared is the id alone.
 * @param mail as the user pool tells it; without it the id stands alone
 */
export const nameOf = (id: string, mail: string | undefined): string => {
  const shown = mail
    ?.replaceAll(/[\s\p{C}()]/gu, '')
    .slice(0, Math.max(0, LENGTH - AROUND - id.length))
    .toWellFormed()
  return shown ? `${shown} (${id})` : id
}

/** Whether a name in a record is that of this person, whatever mail address either has. Names of before are ids. */
export const isPerson = (
  recorded: string | undefined,
  { name, id }: Pick<Person, 'name' | 'id'>,
): boolean =>
  recorded !== undefined &&
  (recorded === name || (id !== undefined && (recorded === id || recorded.endsWith(` (${id})`))))

/** Whether a record is meant by what somebody looks for: the whole name, the mail address (or the name of a token), or the id. */
export const isMeant = (recorded: string, wanted: string): boolean =>
  recorded === wanted || recorded.startsWith(`${wanted} (`) || recorded.endsWith(` (${wanted})`)
