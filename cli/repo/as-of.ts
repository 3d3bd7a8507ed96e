import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

const FORM =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/i

const FORMS =
  'A time is given as 2026-11-22T14:30:00Z, with an offset as 2026-11-22T14:30:00+01:00, or as "2026-11-22 14:30" in the time zone of this machine.'

/**
 * @param text ISO 8601, date and time of day; without an offset in the time zone of this machine
 * @param now milliseconds since 1970
 * @returns milliseconds since 1970
 * @throws `USAGE`
 */
export const parseAsOf = (text: string, now: number): number => {
  const [, year, month, day, hour, minute, second = '00', offset = ''] = FORM.exec(text) ?? []
  if (year === undefined) throw new UsageError(`${quoted(text)} is no time.`, FORMS)
  const wall = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  // Of a day that no calendar has, JavaScript makes another one.
  const utc = new Date(`${wall}Z`)
  const time = Date.parse(`${wall}${offset.toUpperCase()}`)
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(wall) || Number.isNaN(time))
    throw new UsageError(`There is no such time as ${quoted(text)}.`, FORMS)
  if (time > now)
    throw new UsageError(
      `${quoted(text)} lies in the future (${new Date(time).toISOString()}).`,
      'Give the time of the state that you want to see.',
    )
  return time
}
