/** The schedules that most people want; everything else is written as a cron expression. */
export type ScheduleChoice =
  | { every: 'hours'; step: number; minute: number }
  | { every: 'day'; hours: number[]; minute: number }
  /** 0 is Sunday. */
  | { every: 'week'; weekdays: number[]; hours: number[]; minute: number }
  /** `1` to `31`, `L` for the last day, or a weekday as `SUN#1` to `SAT#L`. */
  | { every: 'month'; on: string; hours: number[]; minute: number }
  | { every: 'cron' }

/** Steps that cut a day into equal parts. */
export const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12] as const
export const WEEKDAY_CODES = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

const ALL = '* * *'

export const cronOf = (choice: Exclude<ScheduleChoice, { every: 'cron' }>): string => {
  const { minute } = choice
  if (choice.every === 'hours')
    return `${minute} ${choice.step === 1 ? '*' : `*/${choice.step}`} ${ALL}`
  const at = `${minute} ${choice.hours.join(',')}`
  if (choice.every === 'day') return `${at} ${ALL}`
  if (choice.every === 'week') return `${at} * * ${choice.weekdays.join(',')}`
  return choice.on.includes('#') ? `${at} * * ${choice.on}` : `${at} ${choice.on} * *`
}

/** The choice that an expression says; `cron` where none says the same. */
export const choiceOf = (cron: string): ScheduleChoice => {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = cron
    .trim()
    .toUpperCase()
    .split(/\s+/)
  if (month !== '*' || !/^\d{1,2}$/.test(minute)) return { every: 'cron' }
  const common = { minute: Number(minute) }
  const step = hour === '*' ? 1 : Number(/^\*\/(\d{1,2})$/.exec(hour)?.[1])
  if (day === '*' && weekday === '*' && HOUR_STEPS.some(known => known === step))
    return { every: 'hours', step, ...common }
  const hours = listOf(hour, 23)
  if (!hours) return { every: 'cron' }
  if (day === '*' && weekday === '*') return { every: 'day', hours, ...common }
  if (day === '*' && isNth(weekday)) return { every: 'month', on: weekday, hours, ...common }
  if (weekday === '*' && (day === 'L' || listOf(day, 31)?.length === 1))
    return { every: 'month', on: day === 'L' ? day : String(Number(day)), hours, ...common }
  const weekdays = day === '*' ? listOf(weekday, 6) : undefined
  return weekdays ? { every: 'week', weekdays, hours, ...common } : { every: 'cron' }
}

const isNth = (weekday: string): boolean =>
  /^[A-Z]{3}#[1-5L]$/.test(weekday) && WEEKDAY_CODES.some(code => code === weekday.slice(0, 3))

/** Values and ranges as a list that ascends; nothing else. */
const listOf = (field: string, most: number): number[] | undefined => {
  if (!/^\d{1,2}(-\d{1,2})?(,\d{1,2}(-\d{1,2})?)*$/.test(field)) return undefined
  const values = field.split(',').flatMap(part => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
  })
  const sorted = [...new Set(values)].sort((a, b) => a - b)
  return sorted.every(value => value <= most) && sorted.length > 0 ? sorted : undefined
}
