import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { pageOf } from '../../sites/page-of.ts'
import { readSitePoint } from '../../sites/read-site-point.ts'

/** How a site comes back from one of its points. Nothing is begun. */
export const getSitePlan =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, query }: RouteCall<'getSitePlan'>): Promise<RouteReply<'getSitePlan'>> => {
    const { restorePlan } = await readSitePoint(catalog, params.pointId)
    const { steps, ...plan } = restorePlan()
    const { items, next } = pageOf(steps, query)
    return {
      ...{ ...plan, steps: items, stepCount: steps.length },
      ...(next !== undefined && { next }),
    }
  }

export const handler = httpHandler('getSitePlan', getSitePlan)
