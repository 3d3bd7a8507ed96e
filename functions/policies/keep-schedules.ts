import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { CloudSchedule } from '#core/ports.ts'
import type { Ports } from '../ports.ts'

/**
 * Keeps the scheduler of this region as the policies are: what differs from what it was told last is told again. What it was told is written down after it
 * has taken it, so that a crash between the two repeats a call that may be repeated.
 */
export const keepSchedules = async (
  { catalog, schedules, region }: Pick<Ports, 'catalog' | 'schedules' | 'region'>,
  policies: readonly StoredPolicy[],
): Promise<void> => {
  const { here } = region.setup
  const wanted = new Map(policies.flatMap(({ policy }) => entryOf(policy)))
  const told = new Map<string, CloudSchedule>()
  for await (const { sk, value } of queryAll<CloudSchedule>(catalog, keys.scheduled(here, '').pk))
    told.set(sk, value)
  for (const [policyId, schedule] of wanted) {
    if (isSame(told.get(policyId), schedule)) continue
    await schedules.put(policyId, schedule)
    const key = keys.scheduled(here, policyId)
    await catalog.write([{ kind: 'put', key, value: schedule, expect: 'any' }])
  }
  for (const policyId of told.keys()) {
    if (wanted.has(policyId)) continue
    await schedules.remove(policyId)
    await catalog.write([{ kind: 'delete', key: keys.scheduled(here, policyId), expect: 'any' }])
  }
}

const entryOf = ({
  policyId,
  enabled,
  schedule,
  pausedUntil,
}: Policy): [string, CloudSchedule][] =>
  enabled && schedule
    ? [
        [
          policyId,
          {
            ...{ cron: schedule.cron, timeZone: schedule.timeZone },
            ...(pausedUntil !== undefined && { from: pausedUntil }),
          },
        ],
      ]
    : []

const isSame = (a: CloudSchedule | undefined, b: CloudSchedule): boolean =>
  a?.cron === b.cron && a.timeZone === b.timeZone && a.from === b.from
