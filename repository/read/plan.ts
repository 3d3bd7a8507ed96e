import type { PackRef } from '../format/pack-table.ts'
import { recordSize } from '../format/record.ts'
import type { Location } from '../index/table.ts'

/** One ranged GET and the records in it, by rising offset. */
export interface PlannedGet {
  pack: PackRef
  /** bytes */
  offset: number
  /** bytes */
  length: number
  wanted: Location[]
}

/**
 * Joins records of the same pack that lie near each other into one GET.
 * @param joinGap bytes between two records that are rather read than asked for separately
 * @param joinLimit bytes of one GET
 */
export const planGets = (
  locations: Iterable<Location>,
  { joinGap, joinLimit }: { joinGap: number; joinLimit: number },
): PlannedGet[] => {
  const byPlace = [...locations].sort(
    (a, b) =>
      (a.pack.ulid < b.pack.ulid ? -1 : a.pack.ulid > b.pack.ulid ? 1 : 0) ||
      a.entry.offset - b.entry.offset,
  )
  const gets: PlannedGet[] = []
  for (const location of byPlace) {
    const { pack, entry } = location
    const end = entry.offset + recordSize(entry.ciphertextLength)
    const last = gets.at(-1)
    const joins =
      last?.pack.ulid === pack.ulid &&
      entry.offset - (last.offset + last.length) <= joinGap &&
      end - last.offset <= joinLimit
    if (last && joins) {
      last.length = end - last.offset
      last.wanted.push(location)
    } else {
      gets.push({ pack, offset: entry.offset, length: end - entry.offset, wanted: [location] })
    }
  }
  return gets
}
