import { discover } from '#core/site/discover.ts'
import { readSiteInventory } from '#core/sites/site-inventory.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { knownSiteGuests } from '../../sites/known-guests.ts'

/** What the definition of a site could be, by what pools and guests tell. Nothing is saved. */
export const discoverSite =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async (_: RouteCall<'discoverSite'>): Promise<RouteReply<'discoverSite'>> => {
    const [inventory, guests] = await Promise.all([
      readSiteInventory(catalog),
      knownSiteGuests(catalog),
    ])
    return discover(inventory, guests)
  }

export const handler = httpHandler('discoverSite', discoverSite)
