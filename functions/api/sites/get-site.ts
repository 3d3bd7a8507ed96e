import { readPolicies } from '#core/policies/policies-catalog.ts'
import { readSite } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewSite } from './site-view.ts'

/** One site, also one that was deleted: points name it. */
export const getSite =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params }: RouteCall<'getSite'>): Promise<RouteReply<'getSite'>> =>
    viewSite(
      catalog,
      await readSite(catalog, params.siteId, { deleted: true }),
      await readPolicies(catalog),
    )

export const handler = httpHandler('getSite', getSite)
