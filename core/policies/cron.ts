import { PolicyInvalidError } from '../errors/policies.ts'

/** Every value, or those listed, ascending. */
export type Field = 'all' | readonly number[]

/** A weekday of each month: the n-th or the last one. 0 is Sunday. */
export interface NthWeekday {
  weekday: number
  nth: number | 'last'
}

/** A cron expression of five fields, understood. */
export interface Cron {
  minutes: Field
  hours: Field
  /** `last`: of the month. */
  days: Field | 'last'
  months: Field
  /** 0 is Sunday. */
  weekdays: Field | NthWeekday
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ')
export const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ')

/**
 * Reads `minute hour day-of-month month day-of-week`: `*`, values, names (`MON`, `JAN`), ranges, lists, steps; `L` for the last day of the month;
 * `SUN#1` to `SUN#5` and `SUN#L` for one weekday of each month. One of day-of-month and day-of-week is `*`: where both are given, cron daemons
 * take either day and EventBridge takes none, so nobody is left to guess.
 * @throws `POLICY_INVALID`
 */
export const parseCron = (text: string): Cron => {
  const parts = text.trim().toUpperCase().split(/\s+/)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = parts
  if (parts.length !== 5)
    throw new PolicyInvalidError(
      `the schedule "${text}" has ${parts.length} fields instead of five (minute, hour, day of the month, month, day of the week).`,
    )
  const read = (field: string, what: string, from: number, to: number, names?: Names) =>
    readField(field, { what, from, to, text, ...(names && { names }) })
  const cron: Cron = {
    minutes: read(minute, 'minute', 0, 59),
    hours: read(hour, 'hour', 0, 23),
    days: day === 'L' ? 'last' : read(day, 'day of the month', 1, 31),
    months: read(month, 'month', 1, 12, { list: MONTHS, first: 1 }),
    weekdays:
      nthWeekday(weekday) ??
      sundayFirst(read(weekday, 'day of the week', 0, 7, { list: WEEKDAYS, first: 0 })),
  }
  if (cron.days !== 'all' && cron.weekdays !== 'all')
    throw new PolicyInvalidError(
      `the schedule "${text}" names days of the month and days of the week; one of the two has to be "*".`,
    )
  return cron
}

interface Names {
  list: readonly string[]
  first: number
}

interface FieldRules {
  what: string
  from: number
  to: number
  /** The whole expression, for messages. */
  text: string
  names?: Names
}

const readField = (field: string, rules: FieldRules): Field => {
  const values = new Set(field.split(',').flatMap(part => readPart(part, rules)))
  const { from, to } = rules
  return values.size > to - from ? 'all' : [...values].sort((a, b) => a - b)
}

/** `*`, `5`, `MON`, `5-9`, and each with `/2`. */
const readPart = (part: string, rules: FieldRules): number[] => {
  const { what, from, to, text } = rules
  const refuse = (): never => {
    throw new PolicyInvalidError(
      `the schedule "${text}" has "${part}" as ${what}; it takes *, ${from} to ${to}${rules.names ? ' or names' : ''}, ranges like 1-5, lists like 1,3 and steps like */2.`,
    )
  }
  const [, range = '', step] = /^([^/]+)(?:\/(\d{1,2}))?$/.exec(part) ?? refuse()
  const by = step === undefined ? 1 : Number(step)
  if (by < 1) return refuse()
  const [first = Number.NaN, last] =
    range === '*' ? [from, to] : range.split('-').map(word => numberOf(word, rules))
  const end = last ?? (step === undefined ? first : to)
  const isGood = range.split('-').length <= 2 && first >= from && end <= to && first <= end
  if (!isGood) return refuse()
  return Array.from(
    { length: Math.floor((end - first) / by) + 1 },
    (_, index) => first + index * by,
  )
}

const numberOf = (word: string, { names }: FieldRules): number => {
  if (/^\d{1,2}$/.test(word)) return Number(word)
  const at = names?.list.indexOf(word) ?? -1
  return names && at >= 0 ? names.first + at : Number.NaN
}

/** 7 is Sunday too. */
const sundayFirst = (field: Field): Field => {
  if (field === 'all') return field
  const days = [...new Set(field.map(day => day % 7))].sort((a, b) => a - b)
  return days.length === 7 ? 'all' : days
}

const nthWeekday = (field: string): NthWeekday | undefined => {
  const [, name = '', nth] = /^([A-Z]{3}|[0-7])#([1-5L])$/.exec(field) ?? []
  if (nth === undefined) return undefined
  const weekday = /^\d$/.test(name) ? Number(name) % 7 : WEEKDAYS.indexOf(name)
  if (weekday < 0) return undefined
  return { weekday, nth: nth === 'L' ? 'last' : Number(nth) }
}

/** Runs of values as ranges, which keeps long lists short: `1,2,3,5` is `1-3,5`. */
export const fieldText = (field: Field, name: (value: number) => string = String): string => {
  if (field === 'all') return '*'
  const runs: [number, number][] = []
  for (const value of field) {
    const run = runs.at(-1)
    if (run && run[1] === value - 1) run[1] = value
    else runs.push([value, value])
  }
  return runs
    .map(([first, last]) => (first === last ? name(first) : `${name(first)}-${name(last)}`))
    .join(',')
}
