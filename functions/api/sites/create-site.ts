import { ulidMaker } from '#core/ids.ts'
import { guardDefinition } from '#core/site/definition-problems.ts'
import { createSite as create } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { savedSite } from './saved-site.ts'

/** A new site. What it names need not be there: a preview tells what is missing. */
export const createSite =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body, caller, settle }: RouteCall<'createSite'>): Promise<RouteReply<'createSite'>> => {
    const { text, ...site } = body
    guardDefinition(site)
    const siteId = ulidMaker({ clock, random })()
    const change = { by: caller.name, at: clock.now(), text }
    const made = await create(catalog, siteId, site, change, item =>
      settle ? [settle(savedSite(item))] : [],
    )
    return savedSite(made)
  }

export const handler = httpHandler('createSite', createSite)
