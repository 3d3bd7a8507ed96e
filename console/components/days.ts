import { usePreferences } from './preferences.tsx'

/**
 * Turns days (`2026-11-23`, as calendars give them) into instants in the zone that the person chose, ms since 1970.
 * @returns of a day its first ms, and its last; undefined of what is no day (yet)
 */
export const useDays = () => {
  const { times } = usePreferences().preferences
  const midnight = (day: string, later = 0): number | undefined => {
    const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? []
    if (!year || !month || !date) return undefined
    const parts = [Number(year), Number(month) - 1, Number(date) + later] as const
    return times === 'utc' ? Date.UTC(...parts) : new Date(...parts).getTime()
  }
  const before = (at: number | undefined) => (at === undefined ? undefined : at - 1)
  return { first: (day: string) => midnight(day), last: (day: string) => before(midnight(day, 1)) }
}
