import type { PointSummary } from '../contracts/points.ts'
import { LOCK_DAYS, type RepositoryView } from '../contracts/repository-api.ts'
import { dayOf } from '../statistics/day-counters.ts'

type LockCalendar = NonNullable<RepositoryView['locks']>

/** Counts locks of points one by one. */
export const lockCalendar = (now: number) => {
  const days = new Map<string, { points: number; bytes: number }>()
  let unlocked = 0
  let untold = 0
  const add = (day: string, points: number, bytes: number): void => {
    const before = days.get(day) ?? { points: 0, bytes: 0 }
    days.set(day, { points: before.points + points, bytes: before.bytes + bytes })
  }
  return {
    count({ lock, bytesStored }: Pick<PointSummary, 'lock' | 'bytesStored'>): void {
      if (lock === undefined) untold++
      else if (lock === null || lock.until <= now) unlocked++
      else add(dayOf(lock.until), 1, bytesStored)
    },
    calendar(): LockCalendar {
      const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1))
      const late = sorted.splice(LOCK_DAYS)
      const listed = sorted.map(([day, of]) => ({ day, ...of }))
      const last = listed.at(-1)
      for (const [, { points, bytes }] of late)
        if (last) {
          last.points += points
          last.bytes += bytes
        }
      return { days: listed, unlocked, untold }
    },
  }
}
