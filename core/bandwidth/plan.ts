import { type BandwidthEntry, rateOf } from '../contracts/bandwidth.ts'

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
export const MINUTES_OF_DAY = 24 * 60
const MINUTE = 60_000

/** @returns bytes per second; undefined where nothing is to be held back */
export type RateAt = (instant: number) => number | undefined

/** @param time `08:00` */
export const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** `mon-fri,sun` as numbers of days from Sunday on; `fri-mon` goes over the weekend. */
const daysOf = (text: string): Set<number> => {
  const days = new Set<number>()
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-')
    const end = DAYS.indexOf(last)
    for (let day = DAYS.indexOf(first); ; day = (day + 1) % 7) {
      days.add(day)
      if (day === end) break
    }
  }
  return days
}

const applies = ({ from, to, days }: BandwidthEntry) => {
  const start = minutesOf(from)
  const end = minutesOf(to)
  const on = daysOf(days)
  // What ends before it begins ends on the day after, and belongs to the day on which it began.
  const overnight = end <= start
  return (day: number, minute: number): boolean => {
    if (!overnight) return on.has(day) && minute >= start && minute < end
    return (on.has(day) && minute >= start) || (on.has((day + 6) % 7) && minute < end)
  }
}

/** Entries with what tells whether each holds on a day (0 is Sunday) at a minute of it. */
export const rulesOf = (entries: readonly BandwidthEntry[]) =>
  entries.map(entry => ({ entry, holds: applies(entry) }))

/**
 * The rates of a plan by the clock on the wall. Where clocks are put forward, what lies in the hour that is left out does not happen;
 * where they are put back, the hour that comes twice counts both times.
 *
 * @param timeZone IANA name
 */
export const rateAt = (entries: readonly BandwidthEntry[], timeZone: string): RateAt => {
  if (entries.length === 0) return () => undefined
  const wall = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const rules = rulesOf(entries).map(({ entry, holds }) => ({ holds, rate: rateOf(entry.rate) }))
  const compute = (instant: number): number | undefined => {
    const parts = Object.fromEntries(wall.formatToParts(instant).map(p => [p.type, p.value]))
    const day = DAYS.indexOf((parts.weekday ?? '').toLowerCase())
    const minute = (Number(parts.hour) * 60 + Number(parts.minute)) % MINUTES_OF_DAY
    const rates = rules.filter(({ holds }) => holds(day, minute)).map(({ rate }) => rate)
    return rates.length === 0 ? undefined : Math.min(...rates)
  }
  // Every edge lies on a whole minute: within one the answer stays.
  let known: { minute: number; rate: number | undefined } | undefined
  return instant => {
    const minute = Math.floor(instant / MINUTE)
    if (known?.minute !== minute) known = { minute, rate: compute(instant) }
    return known.rate
  }
}
