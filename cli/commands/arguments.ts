import { Ulid } from '#core/contracts/ids.ts'
import { LockPolicy } from '#core/contracts/points.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { tell } from '../host.ts'
import { quoted } from '../output/safe-text.ts'

/** For commander: a whole number from 1. @throws `USAGE` */
export const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${quoted(text)} is not a whole number from 1.`)
  return value
}

/** @returns the id in upper case. @param what for the message: "run", "recovery point" @throws `USAGE` */
export const ulid = (text: string, what: string, where: string): string => {
  const id = text.toUpperCase()
  if (!Ulid.safeParse(id).success)
    throw new UsageError(
      `${quoted(text)} is not the id of a ${what} (26 letters and digits).`,
      `"${where}" lists them.`,
    )
  return id
}

/** For commander: `governance:30` or `compliance:365`, mode and whole days. @throws `USAGE` */
export const lockPolicy = (text: string): LockPolicy => {
  const [mode, days] = text.split(':')
  const policy = LockPolicy.safeParse({
    mode,
    days: /^\d+$/.test(days ?? '') ? Number(days) : days,
  })
  if (!policy.success || text.split(':').length !== 2)
    throw new UsageError(
      `${quoted(text)} is no lock: a mode, a colon and whole days (1 to 36500).`,
      'For instance governance:30, or compliance:30, which nobody can take back.',
    )
  return policy.data
}

/**
 * @param found one more than the limit where there are more
 * @param option that sets the limit
 * @returns those within; that there are more is told
 */
export const withinLimit = <T>(
  { host }: Session,
  found: readonly T[],
  limit: number,
  option = '--limit',
): T[] => {
  if (found.length > limit)
    tell(
      host,
      limit === 1
        ? `The first is shown; ${option} shows more.`
        : `The first ${limit.toLocaleString('en')} are shown; ${option} shows more.`,
    )
  return found.slice(0, limit)
}
