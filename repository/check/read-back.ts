import { parsePointName } from '../format/names.ts'
import { ulidTime } from '../format/ulid.ts'
import type { Point } from '../point.ts'
import type { VerifiedPack } from './verification.ts'

/** Points that are named at most. */
const NAMED = 1_000

/** Of which points all that they need was read back since a time (ms since 1970). */
export interface ReadBack {
  since: number
  /** points, of which every pack was read in full since then and found whole */
  whole: number
  /** points that need a pack which is older than that and was not; the others are too young to be judged */
  overdue: number
  /** ids of the first of them, ascending */
  named: string[]
}

/** Counts points, each as of the packs that it needs. */
export const readBackCount = (
  verified: ReadonlyMap<string, Pick<VerifiedPack, 'at' | 'damaged'>>,
  since: number,
) => {
  const named: string[] = []
  let whole = 0
  let overdue = 0
  const isRead = (ulid: string): boolean => {
    const last = verified.get(ulid)
    return last !== undefined && !last.damaged && last.at >= since
  }
  return {
    add({ key, packs }: Pick<Point, 'key' | 'packs'>): void {
      const unread = [...packs.keys()].filter(ulid => !isRead(ulid))
      if (unread.length === 0) whole++
      // A pack that a collector has rewritten lately is younger than its points.
      if (!unread.some(ulid => ulidTime(ulid) < since)) return
      overdue++
      const { ulid: id } = parsePointName(key) ?? { ulid: '' }
      if (named.length < NAMED) named.push(id)
    },
    result: (): ReadBack => ({ since, whole, overdue, named: named.sort() }),
  }
}
