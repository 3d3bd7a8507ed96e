import { keys } from '../catalog/keys.ts'
import type { DayCounters, DayStatistics, StatisticsView } from '../contracts/statistics-api.ts'
import type { Catalog } from '../ports.ts'
import { dayOf } from './day-counters.ts'

const DAY = 86_400_000 // ms

/**
 * What was counted on the last `days` days. Two queries, however many VMs, runs and points there are: one item is one day, 1 KB at most.
 * @param now ms since 1970
 */
export const readStatistics = async (
  catalog: Catalog,
  { days, now }: { days: number; now: number },
): Promise<StatisticsView> => {
  const pk = keys.day('').pk
  const from = dayOf(now - (days - 1) * DAY)
  const [first, found] = await Promise.all([
    catalog.query<DayCounters>(pk, { limit: 1 }),
    catalog.query<DayCounters>(pk, { descending: true, limit: days }),
  ])
  const since = first.items[0]?.sk
  return {
    from,
    until: dayOf(now),
    ...(since !== undefined && { countedSince: since }),
    days: found.items
      .filter(({ sk }) => sk >= from)
      .reverse()
      .map(({ sk, value }) => statisticsOf(sk, value)),
  }
}

const statisticsOf = (day: string, counters: DayCounters): DayStatistics => ({
  ...counters,
  day,
  ...ratio('dedup', counters.bytesRead, counters.bytesNew),
  ...ratio('compression', counters.bytesNew, counters.bytesStored),
})

const ratio = (name: 'dedup' | 'compression', much: number, little: number) =>
  little > 0 ? { [name]: Math.round((much / little) * 100) / 100 } : {}
