import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { RemovePointsSpec } from '../contracts/maintenance.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Policy } from '../contracts/policies.ts'
import { keptForChange } from '../points/open-change.ts'
import { readProtectedVms } from '../points/points-catalog.ts'
import type { StoredPolicy } from '../policies/policies-catalog.ts'
import { decideRetention, retentionZone } from '../policies/retention.ts'
import type { Catalog } from '../ports.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { type Hold, holdOn, readHolds } from './holds.ts'
import { keptForSite, type SiteRuns, siteRuns, siteRunsFor } from './kept-for-site.ts'
import { damagedPoints, pointsWithDamage } from './points-with-damage.ts'
import { pointsGoing } from './removals.ts'
import { readRetentionState } from './state.ts'

export type Expired = RemovePointsSpec['points'][number]

/** What the policies let go, and what of it stays all the same. */
export interface RetentionPlan {
  /** To be removed now. */
  expired: Expired[]
  /** Expired, and left for the next run. */
  left: number
  /** Where something is left: the last VM whose turn it was (UUID). The next run begins behind it. */
  upTo?: string
  /** Expired, and locked in the store; the first lock ends then (ms since 1970). */
  locked: { points: number; until: number | undefined }
  /** Expired, and under a legal hold. */
  held: number
}

/** Points that one run removes at most, in 200 jobs: two each day of 10,000 VMs, and some hours of work for a gateway. What is left the next run takes. */
export const POINTS_PER_RUN = 20_000

/** VMs whose points are in memory at once. */
const VMS_AT_ONCE = 64

/**
 * Goes through all VMs that have points. Where more have expired than one run removes, VMs take turns: a run begins with those that the last one did not come to.
 * Only points that a policy made expire by themselves; those that a person asked for stay until a person deletes them. A policy
 * that was deleted still decides about its points. Whoever has a lock or a hold is left out here already, and told.
 */
export const planRetention = async (
  catalog: Catalog,
  now: number,
  most = POINTS_PER_RUN,
): Promise<RetentionPlan> => {
  const policies = new Map<string, Policy>()
  for await (const { value } of queryAll<StoredPolicy>(catalog, keys.policy('').pk))
    policies.set(value.policy.policyId, value.policy)
  const plan: RetentionPlan = {
    ...{ expired: [], left: 0, held: 0 },
    locked: { points: 0, until: undefined },
  }
  if (policies.size === 0) return plan
  const holds = await readHolds(catalog)
  const damaged = await damagedPoints(catalog)
  const marks = await readProtectedVms(catalog)
  const sites = await siteRuns(catalog, marks)
  const vms = startingBehind(marks, await lastTurn(catalog))
  for (let start = 0; start < vms.length; start += VMS_AT_ONCE) {
    const some = vms.slice(start, start + VMS_AT_ONCE)
    const read = await someAtOnce(some, ({ uuid }) => pointsWithDamage(catalog, uuid, damaged))
    for (const points of read)
      enter(plan, expiredOf(points, { policies, sites, now }), { holds, now, room: most })
  }
  return plan
}

const lastTurn = async (catalog: Catalog): Promise<string | undefined> =>
  (await readRetentionState(catalog))?.upTo

/** They come in the order of their UUIDs. */
const startingBehind = <T extends { uuid: string }>(vms: readonly T[], upTo = ''): T[] => {
  const next = vms.findIndex(({ uuid }) => uuid > upTo)
  return next < 0 ? [...vms] : [...vms.slice(next), ...vms.slice(0, next)]
}

const enter = (
  plan: RetentionPlan,
  found: ReturnType<typeof expiredOf>,
  { holds, now, room }: { holds: readonly Hold[]; now: number; room: number },
): void => {
  for (const { point, because, policyId } of found) {
    if (holdOn(point, holds, now)) plan.held++
    else if (point.lock && point.lock.until > now) {
      plan.locked.points++
      plan.locked.until = Math.min(plan.locked.until ?? point.lock.until, point.lock.until)
    } else if (plan.expired.length >= room) {
      plan.left++
      plan.upTo ??= plan.expired.at(-1)?.vmUuid ?? ''
    } else {
      const { pointId, vmUuid, vmName } = point
      plan.expired.push({ pointId, vmUuid, vmName, because, policyId })
    }
  }
}

/** @param points of one VM: all, of whichever policy */
const expiredOf = (
  points: readonly PointSummary[],
  { policies, sites, now }: { policies: ReadonlyMap<string, Policy>; sites: SiteRuns; now: number },
) => {
  const byPolicy = Map.groupBy(points, ({ policyId }) => policyId)
  const needed = keptForChange(points)
  const ofSite = keptForSite(points, sites)
  return [...byPolicy].flatMap(([policyId, ofPolicy]) => {
    const policy = policyId === undefined ? undefined : policies.get(policyId)
    if (!policy || policyId === undefined) return []
    const known = new Map(ofPolicy.map(point => [point.pointId, point]))
    return verdictsOf(policy, ofPolicy, { needed, ofSite, now }).flatMap(
      ({ pointId, keep, why }) => {
        const point = known.get(pointId)
        if (keep || !point) return []
        return [
          { point, policyId, because: `Policy "${policy.name}": ${why.join(' ')}`.slice(0, 500) },
        ]
      },
    )
  })
}

/** By the rules alone: what locks and holds keep is told apart. */
const verdictsOf = (
  policy: Policy,
  points: readonly PointSummary[],
  of: Pick<Parameters<typeof decideRetention>[0], 'needed' | 'ofSite' | 'now'>,
) =>
  decideRetention({
    points: points.map(({ lock: _, ...point }) => point),
    retention: policy.retention,
    ...of,
    timeZone: retentionZone(policy),
  })

/**
 * Asks again about one point, just before it is removed, when it bears its mark: the policy may have been changed since the run was planned, or newer points be
 * gone. One that may be going just now takes no point's place: the catalog has it until its job tells.
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
  const going = await pointsGoing(catalog, now)
  const staying = (await pointsWithDamage(catalog, vmUuid, await damagedPoints(catalog))).filter(
    point => point.pointId === pointId || !going.has(point.pointId),
  )
  const points = staying.filter(point => point.policyId === policyId)
  const needed = keptForChange(staying)
  const ofSite = keptForSite(points, await siteRunsFor(catalog, points))
  const verdict = verdictsOf(policy, points, { needed, ofSite, now }).find(
    found => found.pointId === pointId,
  )
  if (!verdict?.keep) return undefined
  return `Policy "${policy.name}" keeps it by now: ${verdict.why.join(' ')}`.slice(0, 500)
}
