import { readPolicies } from '#core/policies/policies-catalog.ts'
import { readSite } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewSite } from './site-view.ts'

/** One site, also one that was deleted: points name it. */
export const getSite =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params }: RouteCall<'getSite'>): Promise<RouteReply<'getSite'>> => {
    const item = await readSite(catalog, params.siteId, { deleted: true })
    const { text } = item.value
    const view = await viewSite(catalog, item, await readPolicies(catalog))
    return { ...view, ...(text !== undefined && { text }) }
  }

export const handler = httpHandler('getSite', getSite)
