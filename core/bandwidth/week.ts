import { type BandwidthEntry, type BandwidthPlan, rateOf } from '../contracts/bandwidth.ts'
import type { BandwidthDays } from '../contracts/gateways-api.ts'
import { MINUTES_OF_DAY, minutesOf, rateAt, rulesOf } from './plan.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const FROM_MONDAY = [1, 2, 3, 4, 5, 6, 0]

/** A plan as a week from Monday on: days that follow each other and are alike stand together. */
export const weekOf = ({ toRepository, fromXenServer }: BandwidthPlan): BandwidthDays[] => {
  const week: (BandwidthDays & { last: string })[] = []
  for (const day of FROM_MONDAY) {
    const lines = {
      toRepository: dayText(toRepository, day),
      fromXenServer: dayText(fromXenServer, day),
    }
    const name = DAYS[day] ?? ''
    const before = week.at(-1)
    if (before?.toRepository === lines.toRepository && before.fromXenServer === lines.fromXenServer)
      before.last = name
    else week.push({ days: name, last: name, ...lines })
  }
  return week.map(({ days, last, ...lines }) => ({
    days:
      days === last
        ? days
        : days === 'Monday' && last === 'Sunday'
          ? 'Every day'
          : `${days} to ${last}`,
    ...lines,
  }))
}

/** `08:00 to 18:00: 8MB/s, else as much as goes` */
const dayText = (entries: readonly BandwidthEntry[], day: number): string => {
  const rules = rulesOf(entries)
  const lowest = (minute: number) =>
    rules
      .filter(({ holds }) => holds(day, minute))
      .map(({ entry }) => entry.rate)
      .sort((a, b) => rateOf(a) - rateOf(b))[0]
  const edges = entries.flatMap(({ from, to }) => [minutesOf(from), minutesOf(to)])
  const starts = [...new Set([0, ...edges])].sort((a, b) => a - b)
  const stretches: { from: number; to: number; rate: string | undefined }[] = []
  for (const [index, from] of starts.entries()) {
    const rate = lowest(from)
    const last = stretches.at(-1)
    const to = starts[index + 1] ?? MINUTES_OF_DAY
    if (last && last.rate === rate) last.to = to
    else stretches.push({ from, to, rate })
  }
  const held = stretches.filter(({ rate }) => rate !== undefined)
  const [only] = held
  if (!only) return FREE
  if (stretches.length === 1) return `all day ${only.rate}`
  const told = held.map(({ from, to, rate }) => `${timeOf(from)} to ${timeOf(to)} ${rate}`)
  const isAll = held.length === stretches.length
  return `${told.join(', ')}${isAll ? '' : `, else ${FREE}`}`
}

/** Where nothing is held back. */
const FREE = 'as much as goes'

/** What entries let flow at an instant (ms since 1970), in words and as a number. @throws RangeError for a zone that nobody knows */
export const allowedAt = (
  entries: readonly BandwidthEntry[],
  timeZone: string,
  instant: number,
): { text: string; bytesPerSecond?: number } => {
  const rate = rateAt(entries, timeZone)(instant)
  if (rate === undefined) return { text: FREE }
  const entry = entries.find(one => rateOf(one.rate) === rate)
  return { text: entry?.rate ?? '', bytesPerSecond: Math.round(rate) }
}

const timeOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
