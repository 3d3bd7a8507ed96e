import type { PointSummary } from '#core/contracts/points.ts'
import type { Point, Repository } from '#repository/index.ts'

/**
 * Asks the store until when the point is locked. A point that was asked to be locked is not committed unless the store shows the lock, so
 * a question that fails here costs a line in a list, no more.
 */
export const readLock = async (
  repository: Pick<Repository, 'lockedUntil'>,
  point: Point,
): Promise<Pick<PointSummary, 'lock'>> => {
  try {
    const { until, mode, asked } = await repository.lockedUntil(point)
    return { lock: until === undefined || mode === undefined ? null : { mode, until, asked } }
  } catch {
    return {}
  }
}
