import type { BootCheckResult } from '../contracts/boot-check.ts'
import type { PointSummary } from '../contracts/points.ts'

/** What a boot check found out about a point of a VM. */
export interface Checked {
  pointId: string
  /** When that point was taken. */
  taken: number
  result: BootCheckResult
  /** The point was deleted since. */
  gone?: true
}

/**
 * @param known what was the newest before; undefined where nobody has looked
 * @returns `known` itself where no point has a newer one; null where there is none at all
 */
export const newestCheck = (
  points: readonly PointSummary[],
  known: Checked | null | undefined,
): Checked | null => {
  let newest = known ?? null
  for (const { pointId, taken, bootCheck } of points)
    if (bootCheck && (bootCheck.at > (newest?.result.at ?? -1) || isBack(pointId, newest)))
      newest = { pointId, taken, result: bootCheck }
  return newest
}

/** A point that was taken for deleted, and is there. */
const isBack = (pointId: string, newest: Checked | null): boolean =>
  newest?.gone === true && newest.pointId === pointId
