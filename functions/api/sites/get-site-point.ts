import { missingPoints } from '#core/points/points-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { pageOf } from '../../sites/page-of.ts'
import { readSitePoint } from '../../sites/read-site-point.ts'

/** What belongs together in a site point; a member whose recovery point was deleted since is told as such. */
export const getSitePoint =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, query }: RouteCall<'getSitePoint'>): Promise<RouteReply<'getSitePoint'>> => {
    const { point, facts } = await readSitePoint(catalog, params.pointId)
    const { members, state, reasons, notes, skew } = facts
    const { items, next } = pageOf(members, query)
    const ids = items.flatMap(member => member.point?.pointId ?? [])
    const gone = new Set(await missingPoints(catalog, ids))
    return {
      ...{ point, state, reasons, notes, memberCount: members.length },
      ...(skew && { skew }),
      members: items.map(({ point: of, ...member }) =>
        of && !gone.has(of.pointId)
          ? { ...member, point: of }
          : { ...member, because: of ? GONE : member.because },
      ),
      ...(next !== undefined && { next }),
    }
  }

const GONE = 'Its recovery point was deleted since.'

export const handler = httpHandler('getSitePoint', getSitePoint)
