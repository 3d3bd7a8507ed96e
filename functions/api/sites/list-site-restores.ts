import { keys } from '#core/catalog/keys.ts'
import type { StoredRestore } from '#core/sites/site-restore.ts'
import { knownSteps, viewRestore } from '#core/sites/site-restore-view.ts'
import { readSiteSteps } from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Restores of sites, newest first. There are few, and each is read with its steps. */
export const listSiteRestores =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listSiteRestores'>): Promise<RouteReply<'listSiteRestores'>> => {
    const { limit = 20, after } = query
    const page = await catalog.query<StoredRestore>(keys.siteRestore('').pk, {
      descending: true,
      limit: Math.min(limit, 20),
      ...(after === undefined ? {} : { after }),
    })
    const items: RouteReply<'listSiteRestores'>['items'] = []
    for (const { value } of page.items) {
      const steps = (await readSiteSteps(catalog, value.restoreId)).map(item => item.value)
      items.push(viewRestore(value, await knownSteps(catalog, steps)))
    }
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listSiteRestores', listSiteRestores)
