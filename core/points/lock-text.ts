import type { PointSummary } from '../contracts/points.ts'

/**
 * @param now milliseconds since 1970
 * @returns until when a point is locked, in words; `not known` where the store was not asked
 */
export const lockText = ({ lock }: Pick<PointSummary, 'lock'>, now: number): string => {
  if (lock === undefined) return 'not known'
  if (lock === null || lock.until <= now) return 'not locked'
  return `until ${new Date(lock.until).toISOString().slice(0, 16).replace('T', ' ')} UTC (${lock.mode})`
}
