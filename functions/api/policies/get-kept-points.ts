import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { readHolds } from '#core/maintenance/holds.ts'
import { readPolicy } from '#core/policies/policies-catalog.ts'
import { decideRetention, retentionZone } from '#core/policies/retention.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { vmsWithPoints } from '../points/vms-with-points.ts'

/** An hourly policy has as many after half a year of keeping everything. */
const TOLD_AT_MOST = 5_000

/** The points that a policy made of one VM, newest first, and what its retention says of each as they stand now. */
export const getKeptPoints =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { policyId },
    query: { vm },
  }: RouteCall<'getKeptPoints'>): Promise<RouteReply<'getKeptPoints'>> => {
    const { policy } = (await readPolicy(catalog, policyId, { deleted: true })).value
    const points: PointSummary[] = []
    for (const uuid of await vmsWithPoints(catalog, vm))
      for await (const { value } of queryAll<PointSummary>(catalog, keys.vmPoint(uuid, '').pk))
        if (value.policyId === policyId) points.push(value)
    const timeZone = retentionZone(policy)
    const taken = new Map(points.map(point => [point.pointId, point.taken]))
    const verdicts = decideRetention({
      ...{ points, timeZone, retention: policy.retention },
      ...{ holds: await readHolds(catalog), now: clock.now() },
    })
    return {
      timeZone,
      points: verdicts
        .map(({ pointId, keep, by, why }) => ({
          ...{ pointId, keep, by, taken: taken.get(pointId) ?? 0 },
          why: why.map(text => text.slice(0, 1_000)).slice(0, 50),
        }))
        .sort((a, b) => b.taken - a.taken)
        .slice(0, TOLD_AT_MOST),
    }
  }

export const handler = httpHandler('getKeptPoints', getKeptPoints)
