import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { RemovePointsSpec } from '../contracts/maintenance.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Policy } from '../contracts/policies.ts'
import { readProtectedVms } from '../points/points-catalog.ts'
import type { StoredPolicy } from '../policies/policies-catalog.ts'
import { decideRetention, retentionZone } from '../policies/retention.ts'
import type { Catalog } from '../ports.ts'
import { holdOn, readHolds } from './holds.ts'

export type Expired = RemovePointsSpec['points'][number]

/** What the policies let go, and what of it stays all the same. */
export interface RetentionPlan {
  expired: Expired[]
  /** Expired, and locked in the store; the first lock ends then (ms since 1970). */
  locked: { points: number; until: number | undefined }
  /** Expired, and under a legal hold. */
  held: number
}

/** Points that one run removes, at most: 20 jobs. What is left the next run takes. */
const MOST = 2_000

/**
 * Goes through all VMs that have points. Only points that a policy made expire by themselves; those that a person asked for stay until a person deletes them. A policy
 * that was deleted still decides about its points. Whoever has a lock or a hold is left out here already, and told.
 */
export const planRetention = async (catalog: Catalog, now: number): Promise<RetentionPlan> => {
  const policies = new Map<string, Policy>()
  for await (const { value } of queryAll<StoredPolicy>(catalog, keys.policy('').pk))
    policies.set(value.policy.policyId, value.policy)
  const plan: RetentionPlan = { expired: [], locked: { points: 0, until: undefined }, held: 0 }
  if (policies.size === 0) return plan
  const holds = await readHolds(catalog)
  for (const { uuid } of await readProtectedVms(catalog)) {
    const points = (
      await Array.fromAsync(queryAll<PointSummary>(catalog, keys.vmPoint(uuid, '').pk))
    ).map(({ value }) => value)
    for (const { point, because, policyId } of expiredOf(points, policies, now)) {
      if (holdOn(point, holds, now)) plan.held++
      else if (point.lock && point.lock.until > now) {
        plan.locked.points++
        plan.locked.until = Math.min(plan.locked.until ?? point.lock.until, point.lock.until)
      } else {
        const { pointId, vmUuid, vmName } = point
        plan.expired.push({ pointId, vmUuid, vmName, because, policyId })
      }
    }
    if (plan.expired.length >= MOST) break
  }
  plan.expired.splice(MOST)
  return plan
}

/** @param points of one VM: all, of whichever policy */
const expiredOf = (
  points: readonly PointSummary[],
  policies: ReadonlyMap<string, Policy>,
  now: number,
) => {
  const byPolicy = Map.groupBy(points, ({ policyId }) => policyId)
  return [...byPolicy].flatMap(([policyId, ofPolicy]) => {
    const policy = policyId === undefined ? undefined : policies.get(policyId)
    if (!policy || policyId === undefined) return []
    const known = new Map(ofPolicy.map(point => [point.pointId, point]))
    return verdictsOf(policy, ofPolicy, now).flatMap(({ pointId, keep, why }) => {
      const point = known.get(pointId)
      if (keep || !point) return []
      return [
        { point, policyId, because: `Policy "${policy.name}": ${why.join(' ')}`.slice(0, 500) },
      ]
    })
  })
}

/** By the rules alone: what locks and holds keep is told apart. */
const verdictsOf = (policy: Policy, points: readonly PointSummary[], now: number) =>
  decideRetention({
    points: points.map(({ lock: _, ...point }) => point),
    retention: policy.retention,
    now,
    timeZone: retentionZone(policy),
  })

/**
 * Asks again about one point, just before it is removed: the policy may have been changed since the run was planned, or newer points be gone.
 * @returns why it stays, one sentence; nothing where it may go
 */
export const keptByPolicy = async (
  catalog: Catalog,
  { pointId, vmUuid, policyId }: Pick<Expired, 'pointId' | 'vmUuid' | 'policyId'>,
  now: number,
): Promise<string | undefined> => {
  if (policyId === undefined) return undefined
  const stored = await catalog.get<StoredPolicy>(keys.policy(policyId))
  if (!stored) return 'The policy that it expired by is not known any more.'
  const { policy } = stored.value
  const points = (
    await Array.fromAsync(queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk))
  )
    .map(({ value }) => value)
    .filter(point => point.policyId === policyId)
  const verdict = verdictsOf(policy, points, now).find(found => found.pointId === pointId)
  if (!verdict?.keep) return undefined
  return `Policy "${policy.name}" keeps it by now: ${verdict.why.join(' ')}`.slice(0, 500)
}
