import type { LockPolicy } from '../contracts/points.ts'
import type { Policy, Retention } from '../contracts/policies.ts'
import { countText } from '../count-text.ts'
import { retentionZone } from './retention.ts'

type Kept = Pick<Policy, 'retention' | 'schedule'> & { lock?: LockPolicy | undefined }

const COUNTS = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'days'] as const
const CALENDAR = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

/**
 * In which respects points would be kept shorter under `after` than under `before`: not only those that are there now. None, where whatever the points, each
 * that stayed before stays.
 * @returns short phrases: "daily 14 instead of 30"
 */
export const shortenedBy = (before: Kept, after: Kept): string[] => {
  const [old, now] = [before.retention, after.retention]
  if (now.forever) return lockShortened(before, after)
  const rules = COUNTS.flatMap(rule => {
    const [had = 0, has = 0] = [old[rule], now[rule]]
    if (had <= has) return []
    return [has === 0 ? `no ${rule} any more (it was ${had})` : `${rule} ${has} instead of ${had}`]
  })
  return [
    ...(old.forever ? ['no longer for ever'] : []),
    ...rules,
    ...(now.atLeast < old.atLeast ? [`at least ${now.atLeast} instead of ${old.atLeast}`] : []),
    ...zoneChanged(before, after, old),
    ...lockShortened(before, after),
  ]
}

/** In another calendar other points stand for its days. */
const zoneChanged = (before: Kept, after: Kept, old: Retention): string[] => {
  const [was, is] = [retentionZone(before), retentionZone(after)]
  return was !== is && CALENDAR.some(rule => old[rule] !== undefined)
    ? [`days and months of ${is} instead of ${was}`]
    : []
}

const lockShortened = ({ lock: before }: Kept, { lock: after }: Kept): string[] => {
  if (!before) return []
  if (!after) return ['points are not locked any more']
  return [
    ...(after.days < before.days
      ? [`locked ${countText(after.days, 'day')} instead of ${before.days}`]
      : []),
    ...(before.mode === 'compliance' && after.mode === 'governance'
      ? ['locked in governance instead of compliance mode']
      : []),
  ]
}
