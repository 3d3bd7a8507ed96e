import type { KeptBy } from '#core/contracts/policies-api.ts'

/** A recovery point, or one that would be there, and what its retention says. */
export interface CalendarPoint {
  /** ms since 1970 */
  taken: number
  /** One sentence each. */
  why: readonly string[]
  /** What keeps it; empty where it expires. */
  by: readonly KeptBy[]
}

/** How a day is shown: by the longest rule that keeps a point of it. */
export const KINDS = [
  'yearly',
  'monthly',
  'weekly',
  'daily',
  'hourly',
  'recent',
  'forced',
  'expires',
] as const
export type Kind = (typeof KINDS)[number]

const KIND_OF: Record<KeptBy, Kind> = {
  ...{ yearly: 'yearly', monthly: 'monthly', weekly: 'weekly', daily: 'daily', hourly: 'hourly' },
  ...{ last: 'recent', days: 'recent', atLeast: 'recent', forever: 'recent' },
  ...{ soundest: 'forced', change: 'forced', hold: 'forced', lock: 'forced', doubt: 'forced' },
  site: 'forced',
}

export const kindOf = ({ by }: CalendarPoint): Kind => {
  const kinds = by.map(one => KIND_OF[one])
  return KINDS.find(kind => kinds.includes(kind)) ?? 'expires'
}

export interface Day {
  /** `2026-11-22` */
  date: string
  kind: Kind
  points: number
}

export interface Month {
  /** `2026-11` */
  month: string
  /** Weeks from Monday; undefined before the first and after the last of the month. */
  weeks: (number | undefined)[][]
  /** By day of the month: those with points. */
  days: Map<number, Day>
}

/** The months that have points, oldest first. @param timeZone IANA name: whose days they are */
export const monthsOf = (points: readonly CalendarPoint[], timeZone: string): Month[] => {
  const format = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone, year: 'numeric', month: '2-digit', day: '2-digit' },
  })
  const months = new Map<string, Month>()
  for (const point of points.toSorted((a, b) => a.taken - b.taken)) {
    const date = format.format(point.taken)
    const name = date.slice(0, 7)
    const month = months.get(name) ?? { month: name, weeks: weeksOf(name), days: new Map() }
    months.set(name, month)
    const number = Number(date.slice(8))
    const before = month.days.get(number)
    month.days.set(number, {
      date,
      kind: longer(before?.kind, kindOf(point)),
      points: (before?.points ?? 0) + 1,
    })
  }
  return [...months.values()]
}

const longer = (a: Kind | undefined, b: Kind): Kind =>
  a !== undefined && KINDS.indexOf(a) < KINDS.indexOf(b) ? a : b

const weeksOf = (name: string): (number | undefined)[][] => {
  const [year = 0, month = 1] = name.split('-').map(Number)
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const cells = Array.from({ length: Math.ceil((first + length) / 7) * 7 }, (_, index) => {
    const day = index - first + 1
    return day >= 1 && day <= length ? day : undefined
  })
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}
