import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { Policy } from '#core/contracts/policies.ts'
import { ulidMaker } from '#core/ids.ts'
import { checkPolicy } from '#core/policies/check.ts'
import { formerMembers } from '#core/policies/former-members.ts'
import { readPolicy } from '#core/policies/policies-catalog.ts'
import { readPolicyInventory } from '#core/policies/policy-inventory.ts'
import { previewPolicy as previewOf } from '#core/policies/preview.ts'
import { decideRetention, retentionZone } from '#core/policies/retention.ts'
import { membersOf } from '#core/policies/selection.ts'
import { shortenedBy } from '#core/policies/shortened.ts'
import type { Catalog } from '#core/ports.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Points that are looked at, oldest first, as what expires is old: some 40 MB, which a function reads in a few seconds. */
const POINTS_AT_MOST = 20_000

/** What a policy would do if it were saved. Changes nothing. */
export const previewPolicy =
  (
    { catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>,
    atMost = POINTS_AT_MOST,
  ) =>
  async ({ body }: RouteCall<'previewPolicy'>): Promise<RouteReply<'previewPolicy'>> => {
    const now = clock.now()
    const before =
      body.policyId === undefined
        ? undefined
        : (await readPolicy(catalog, body.policyId)).value.policy
    const policyId = body.policyId ?? ulidMaker({ clock, random })()
    const policy: Policy = { ...body.policy, policyId }
    const inventory = await readPolicyInventory(catalog, now, [policy])
    const others = inventory.policies.filter(other => other.policyId !== policyId)
    checkPolicy(policy, others, now)
    const replaced = { ...inventory, policies: [...others, policy] }
    const preview = previewOf(policy, replaced, { now, months: body.months })
    const { points, isAll } = before
      ? await pointsOf(catalog, policyId, atMost)
      : { points: [], isAll: true }
    const former = formerMembers(points, membersOf(policy, replaced))
    return {
      ...preview,
      notes: [
        ...preview.notes,
        ...former.map(note => note.slice(0, 1_000)),
        ...(isAll ? [] : [notAll(atMost)]),
      ].slice(0, 100),
      ...(before && { expiresNow: expiring(points, before, policy, now) }),
      shortened: before ? shortenedBy(before, policy) : [],
    }
  }

const notAll = (atMost: number): string =>
  `Only the ${atMost.toLocaleString('en')} oldest recovery points were looked at; more of the newer ones may expire.`

const pointsOf = async (
  catalog: Catalog,
  policyId: string,
  atMost: number,
): Promise<{ points: PointSummary[]; isAll: boolean }> => {
  const points: PointSummary[] = []
  let seen = 0
  for await (const { value } of queryAll<PointSummary>(catalog, keys.point('').pk)) {
    if (seen++ === atMost) return { points, isAll: false }
    if (value.policyId === policyId) points.push(value)
  }
  return { points, isAll: true }
}

const expiring = (
  points: readonly PointSummary[],
  before: Policy,
  after: Policy,
  now: number,
): number => {
  const goes = ({ retention, ...policy }: Policy) =>
    new Set(
      decideRetention({
        ...{ points, retention, now },
        timeZone: retentionZone({ retention, ...policy }),
      }).flatMap(({ pointId, keep }) => (keep ? [] : [pointId])),
    )
  const already = goes(before)
  return [...goes(after)].filter(pointId => !already.has(pointId)).length
}

export const handler = httpHandler('previewPolicy', previewPolicy)
