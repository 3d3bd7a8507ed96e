import type { PolicyView } from '#core/contracts/policies-api.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import { nextTimes } from '#core/policies/schedule.ts'
import type { CatalogItem } from '#core/ports.ts'

/** A policy as people see it. @param now ms since 1970 */
export const viewPolicy = (
  { value, version }: CatalogItem<StoredPolicy>,
  now: number,
): PolicyView => {
  const { policy, changed, changedBy, deleted } = value
  const { enabled, schedule, pausedUntil = 0 } = policy
  const [nextTime] =
    enabled && schedule && !deleted ? nextTimes(schedule, Math.max(now, pausedUntil), 1) : []
  return {
    policy,
    version,
    changed,
    changedBy,
    ...(nextTime !== undefined && { nextTime }),
    ...(deleted && { deleted }),
  }
}
