import type { PointSummary } from '../contracts/points.ts'
import type { VmDetail } from '../contracts/vms-api.ts'

/** The points of one VM in short. @param now ms since 1970 */
export const countPoints = (points: readonly PointSummary[], now: number): VmDetail['points'] => {
  const taken = points.map(point => point.taken)
  const locks = points.flatMap(({ lock }) => (lock && lock.until > now ? [lock.until] : []))
  return {
    count: points.length,
    ...(taken.length > 0 && { oldest: Math.min(...taken), newest: Math.max(...taken) }),
    bytesStored: Math.min(
      points.reduce((sum, { bytesStored }) => sum + bytesStored, 0),
      Number.MAX_SAFE_INTEGER,
    ),
    locked: locks.length,
    ...(locks.length > 0 && { lockedUntil: Math.max(...locks) }),
    unusual: points.filter(({ unusual }) => unusual).length,
    vanished: points.filter(({ vanished }) => vanished !== undefined).length,
  }
}
