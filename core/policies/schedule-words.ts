import type { Schedule } from '../contracts/policies.ts'
import { type Cron, parseCron, WEEKDAYS } from './cron.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
const NTH = ['first', 'second', 'third', 'fourth', 'fifth'] as const
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
] as const
const TIMES_AT_MOST = 6

/** `daily at 22:30 (Europe/Vienna)`; what no plain words fit is told by its expression. */
export const scheduleWords = ({ cron, timeZone }: Pick<Schedule, 'cron' | 'timeZone'>): string => {
  const understood = parseCron(cron)
  const times = timesOf(understood)
  return times === undefined
    ? `by "${cron}" (${timeZone})`
    : `${upTo(daysOf(understood), times)}${monthsOf(understood)} (${timeZone})`
}

/** Every day goes without saying where there are times all day. */
const upTo = (days: string, times: string): string =>
  days === 'daily' && !times.startsWith(' at') ? times.trimStart() : `${days}${times}`

/** @returns `undefined` where the times of a day are too many to be told */
const timesOf = ({ minutes, hours }: Cron): string | undefined => {
  if (minutes === 'all') return hours === 'all' ? ' each minute' : undefined
  if (hours === 'all')
    return minutes.length === 1
      ? minutes[0] === 0
        ? ' each hour'
        : ` each hour at ${two(minutes[0])} past`
      : undefined
  const times = hours.flatMap(hour => minutes.map(minute => `${two(hour)}:${two(minute)}`))
  if (times.length <= TIMES_AT_MOST) return ` at ${listed(times)}`
  const step = (hours[1] ?? 0) - (hours[0] ?? 0)
  const isEven = hours.every((hour, index) => hour === (hours[0] ?? 0) + index * step)
  return isEven && minutes.length === 1 && 24 % step === 0 && hours.length === 24 / step
    ? ` every ${step} hours from ${times[0]}`
    : undefined
}

const daysOf = ({ days, weekdays }: Cron): string => {
  if (days === 'last') return 'on the last day of the month'
  if (days !== 'all') return `on day ${listed(days.map(String))} of the month`
  if (weekdays === 'all') return 'daily'
  if ('nth' in weekdays)
    return `on the ${weekdays.nth === 'last' ? 'last' : NTH[weekdays.nth - 1]} ${DAYS[weekdays.weekday]} of the month`
  if (weekdays.join() === '1,2,3,4,5') return 'Monday to Friday'
  return `on ${listed([...weekdays].sort(fromMonday).map(day => DAYS[day] ?? WEEKDAYS[day] ?? ''))}`
}

const fromMonday = (a: number, b: number): number => ((a + 6) % 7) - ((b + 6) % 7)

const monthsOf = ({ months }: Cron): string =>
  months === 'all' ? '' : ` in ${listed(months.map(month => MONTHS[month - 1] ?? ''))}`

const two = (value = 0): string => String(value).padStart(2, '0')

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
