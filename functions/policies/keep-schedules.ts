import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { CloudSchedule } from '#core/ports.ts'
import type { Ports } from '../ports.ts'

/**
 * Keeps the scheduler of this region as the policies are: what differs from what it was told last is told again. What it was told is written down after it
 * has taken it, so that a crash between the two repeats a call that may be repeated.
 * @throws the first trouble, after all have been tried
 */
export const keepSchedules = async (
  { catalog, clock, schedules, region }: Pick<Ports, 'catalog' | 'clock' | 'schedules' | 'region'>,
  policies: readonly StoredPolicy[],
): Promise<void> => {
  const { here } = region.setup
  const now = clock.now()
  const wanted = new Map(policies.flatMap(({ policy }) => entryOf(policy, now)))
  const told = new Map<string, CloudSchedule>()
  for await (const { sk, value } of queryAll<CloudSchedule>(catalog, keys.scheduled(here, '').pk))
    told.set(sk, value)
  const troubles: unknown[] = []
  // One that the scheduler does not take keeps no other waiting.
  const attempt = async (work: () => Promise<void>): Promise<void> =>
    work().catch(error => {
      troubles.push(error)
    })
  for (const [policyId, schedule] of wanted) {
    if (isSame(told.get(policyId), schedule)) continue
    await attempt(async () => {
      await schedules.put(policyId, schedule)
      const key = keys.scheduled(here, policyId)
      await catalog.write([{ kind: 'put', key, value: schedule, expect: 'any' }])
    })
  }
  for (const policyId of told.keys()) {
    if (wanted.has(policyId)) continue
    await attempt(async () => {
      await schedules.remove(policyId)
      await catalog.write([{ kind: 'delete', key: keys.scheduled(here, policyId), expect: 'any' }])
    })
  }
  if (troubles.length > 0) throw troubles[0]
}

const entryOf = (
  { policyId, enabled, schedule, pausedUntil = 0 }: Policy,
  now: number,
): [string, CloudSchedule][] =>
  enabled && schedule
    ? [
        [
          policyId,
          {
            ...{ cron: schedule.cron, timeZone: schedule.timeZone },
            // EventBridge Scheduler refuses a StartDate that is over.
            ...(pausedUntil > now && { from: pausedUntil }),
          },
        ],
      ]
    : []

const isSame = (a: CloudSchedule | undefined, b: CloudSchedule): boolean =>
  a?.cron === b.cron && a.timeZone === b.timeZone && a.from === b.from
