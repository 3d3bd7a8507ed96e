import { Cron as Croner } from 'croner'
import type { Schedule, Window } from '../contracts/policies.ts'
import { type Cron, fieldText, parseCron } from './cron.ts'
import { firstInstantFrom, gapsBetween, instantsOf, type Wall, wallOf } from './zone.ts'

type When = Pick<Schedule, 'cron' | 'timeZone'>

/**
 * The times of a schedule strictly after `from` (both ms since 1970), ascending; none where its days never come.
 *
 * Where clocks change it does what EventBridge Scheduler does (AWS, EventBridge Scheduler User Guide, "Daylight savings time"): a time that
 * the clocks leave out does not happen on that day, and one that they show twice happens the first time only.
 * @throws `POLICY_INVALID` where the expression is none
 */
export function* timesAfter({ cron, timeZone }: When, from: number): Generator<number> {
  // Croner finds the times on a clock that never changes; what a clock of the zone makes of them is decided here.
  const clock = new Croner(plain(parseCron(cron)), { timezone: 'UTC', mode: '5-part' })
  let wall: Wall = wallOf(timeZone, from) - MINUTE
  for (;;) {
    const next = clock.nextRun(new Date(wall))
    if (!next) return
    wall = next.getTime()
    const [first] = instantsOf(timeZone, wall)
    if (first !== undefined && first > from) yield first
  }
}

const MINUTE = 60_000

/** The next `n` times after `from`. */
export const nextTimes = (schedule: When, from: number, n: number): number[] =>
  Iterator.from(timesAfter(schedule, from)).take(n).toArray()

/** All times after `from` up to and including `until`, at most `n` of them. */
export const timesUntil = (
  schedule: When,
  { from, until, n }: { from: number; until: number; n: number },
): number[] => {
  const times: number[] = []
  for (const time of timesAfter(schedule, from)) {
    if (time > until || times.length === n) break
    times.push(time)
  }
  return times
}

const HOUR = 60 * MINUTE

/**
 * The last time after `from` up to and including `until`, if there is one. It looks back further and further, as a schedule of each minute has ten thousand times in a
 * week, and each takes some 0.2 ms to find.
 */
export const newestTime = (
  schedule: When,
  { from, until }: { from: number; until: number },
): number | undefined => {
  for (let span = HOUR; ; span *= 24) {
    const start = Math.max(from, until - span)
    let newest: number | undefined
    for (const time of timesAfter(schedule, start)) {
      if (time > until) break
      newest = time
    }
    if (newest !== undefined || start <= from) return newest
  }
}

/** The first `n` wall times that the schedule names and no clock of its zone shows, between two instants. */
export const skippedTimes = (
  { cron, timeZone }: When,
  { from, until, n }: { from: number; until: number; n: number },
): Wall[] => {
  const clock = new Croner(plain(parseCron(cron)), { timezone: 'UTC', mode: '5-part' })
  const skipped: Wall[] = []
  for (const gap of gapsBetween(timeZone, from, until)) {
    let next = clock.nextRun(new Date(gap.from - MINUTE))
    while (next && next.getTime() < gap.to && skipped.length < n) {
      skipped.push(next.getTime())
      next = clock.nextRun(next)
    }
  }
  return skipped
}

const plain = ({ minutes, hours, days, months, weekdays }: Cron): string => {
  const weekday =
    weekdays === 'all' || !('nth' in weekdays)
      ? fieldText(weekdays)
      : `${weekdays.weekday}#${weekdays.nth === 'last' ? 'L' : weekdays.nth}`
  const day = days === 'last' ? 'L' : fieldText(days)
  return [fieldText(minutes), fieldText(hours), day, fieldText(months), weekday].join(' ')
}

const DAY = 86_400_000

/**
 * @param now ms since 1970
 * @returns when the window that is open now closes (ms since 1970); `undefined` while it is closed. On a day whose clocks leave the end out it closes
 *   when they jump; where they show it twice, at the second time
 */
export const windowEnd = ({ from, to, timeZone }: Window, now: number): number | undefined => {
  const wall = wallOf(timeZone, now)
  const midnight = Math.floor(wall / DAY) * DAY
  const time = wall - midnight
  const [start, end] = [minutesOf(from), minutesOf(to)]
  const isOpen = start < end ? time >= start && time < end : time >= start || time < end
  if (!isOpen) return undefined
  const endWall = midnight + end + (time < end ? 0 : DAY)
  return instantsOf(timeZone, endWall).at(-1) ?? firstInstantFrom(timeZone, endWall)
}

const minutesOf = (time: string): number => {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return (hours * 60 + minutes) * MINUTE
}
