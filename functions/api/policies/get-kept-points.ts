import type { PointSummary } from '#core/contracts/points.ts'
import { readHolds } from '#core/maintenance/holds.ts'
import { keptForSite, siteRunsFor } from '#core/maintenance/kept-for-site.ts'
import { damagedPoints, pointsWithDamage } from '#core/maintenance/points-with-damage.ts'
import { keptForChange } from '#core/points/open-change.ts'
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
    const damaged = await damagedPoints(catalog)
    const needed = new Map<string, string>()
    for (const uuid of await vmsWithPoints(catalog, vm)) {
      const ofVm = await pointsWithDamage(catalog, uuid, damaged)
      points.push(...ofVm.filter(point => point.policyId === policyId))
      for (const [pointId, why] of keptForChange(ofVm)) needed.set(pointId, why)
    }
    const ofSite = keptForSite(points, await siteRunsFor(catalog, points))
    const timeZone = retentionZone(policy)
    const taken = new Map(points.map(point => [point.pointId, point.taken]))
    const verdicts = decideRetention({
      ...{ points, needed, ofSite, timeZone, retention: policy.retention },
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
