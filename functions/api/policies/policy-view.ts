import { keys } from '#core/catalog/keys.ts'
import type { Policy } from '#core/contracts/policies.ts'
import type { PolicyView } from '#core/contracts/policies-api.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import { policyWords } from '#core/policies/policy-words.ts'
import { nextTimes } from '#core/policies/schedule.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'

/** A policy as people see it. @param now ms since 1970 @param others among which is the one that it follows */
export const viewPolicy = (
  { value, version }: CatalogItem<StoredPolicy>,
  now: number,
  others: readonly Policy[] = [],
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
    words: policyWords(policy, others),
    ...(nextTime !== undefined && { nextTime }),
    ...(deleted && { deleted }),
  }
}

/** The same, with its newest run and the name of what it follows. */
export const viewStoredPolicy = async (
  catalog: Catalog,
  item: CatalogItem<StoredPolicy>,
  now: number,
): Promise<PolicyView> => {
  const { policyId, after } = item.value.policy
  const followed = after && (await catalog.get<StoredPolicy>(keys.policy(after.policyId)))
  const others = followed ? [followed.value.policy] : []
  return { ...viewPolicy(item, now, others), ...(await lastRunOf(catalog, policyId)) }
}

const lastRunOf = async (
  catalog: Catalog,
  policyId: string,
): Promise<Pick<PolicyView, 'lastRun'>> => {
  const newest = { descending: true, limit: 1 }
  const [named] = (await catalog.query(keys.policyRun(policyId, '').pk, newest)).items
  // Between regions items arrive one by one: a run may be named before it is there.
  const run = named && (await catalog.get<Run>(keys.run(named.sk)))
  if (!run) return {}
  const { runId, state, started, ended, line } = run.value
  return {
    lastRun: {
      ...{ runId, state, started },
      ...(ended !== undefined && { ended }),
      ...(line !== undefined && { line: line.slice(0, 1_000) }),
    },
  }
}
