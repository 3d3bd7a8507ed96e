import { keys } from '../catalog/keys.ts'
import { type DailyFacts, NAMED_AT_MOST } from '../contracts/notifications.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog } from '../ports.ts'

/** Points that are counted for a message at most: some 100 MB of the catalog, read in pages and not kept. */
const COUNTED = 20_000
const PAGE = 500
/** A lock that ends within so long is told of, in ms. */
const SOON = 7 * 86_400_000

type PointFacts = Pick<DailyFacts, 'points' | 'store' | 'newestCheck' | 'locks'>

/**
 * What points tell of a time and of how things stand; newest first, so that those of the time are counted before the many others.
 * @param counted points that are looked at, at most, in whole pages
 */
export const pointsOfReport = async (
  catalog: Catalog,
  { from, until, counted = COUNTED }: { from: number; until: number; counted?: number },
): Promise<PointFacts> => {
  const made = newSum()
  const all = newSum()
  const ending: { name: string; until: number }[] = []
  let endingTotal = 0
  let newestCheck: PointFacts['newestCheck']
  let after: string | undefined
  do {
    const page = await catalog.query<PointSummary>(keys.point('').pk, {
      ...{ descending: true, limit: PAGE, ...(after === undefined ? {} : { after }) },
    })
    for (const { value: point } of page.items) {
      add(all, point)
      if (point.committed > from && point.committed <= until) add(made, point)
      const { bootCheck, lock, vmName: name } = point
      if (bootCheck && bootCheck.at > (newestCheck?.at ?? 0))
        newestCheck = { name, at: bootCheck.at, sentence: bootCheck.sentence }
      if (lock && lock.until > until && lock.until - until <= SOON) {
        endingTotal++
        ending.push({ name, until: lock.until })
        ending.sort((a, b) => a.until - b.until).splice(NAMED_AT_MOST)
      }
    }
    after = page.next
  } while (after !== undefined && all.count < counted)
  const isComplete = after === undefined
  return {
    points: {
      ...{ made: made.count, bytesOfDisks: made.bytesOfDisks, bytesRead: made.bytesRead },
      bytesStored: made.bytesStored,
      ...(!isComplete && { counted: all.count }),
    },
    ...(isComplete && {
      store: {
        ...{ points: all.count, bytesStored: all.bytesStored, bytesOfDisks: all.bytesOfDisks },
      },
    }),
    ...(newestCheck && { newestCheck }),
    ...(endingTotal > 0 && { locks: { total: endingTotal, named: ending } }),
  }
}

interface Sum {
  count: number
  bytesOfDisks: number
  bytesRead: number
  bytesStored: number
}

const newSum = (): Sum => ({ count: 0, bytesOfDisks: 0, bytesRead: 0, bytesStored: 0 })

const add = (sum: Sum, { disks, bytesRead, bytesStored }: PointSummary): void => {
  sum.count++
  for (const { size } of disks) sum.bytesOfDisks += size
  sum.bytesRead += bytesRead
  sum.bytesStored += bytesStored
}
