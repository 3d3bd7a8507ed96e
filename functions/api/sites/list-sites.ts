import { keys } from '#core/catalog/keys.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import type { StoredSite } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewSite } from './site-view.ts'

/** The sites by age. A page may be short of those that were deleted. */
export const listSites =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listSites'>): Promise<RouteReply<'listSites'>> => {
    const { limit = 100, after, deleted } = query
    const page = await catalog.query<StoredSite>(keys.site('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const policies = await readPolicies(catalog)
    const shown = page.items.filter(({ value }) => deleted === 'true' || !value.deleted)
    const items = await Promise.all(shown.map(item => viewSite(catalog, item, policies)))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listSites', listSites)
