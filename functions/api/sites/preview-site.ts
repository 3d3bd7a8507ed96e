import { expand } from '#core/site/expand.ts'
import { readSiteInventory } from '#core/sites/site-inventory.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { knownSiteGuests } from '../../sites/known-guests.ts'

const TASKS = 1_000

/** What a backup of a site would do now. Nothing is saved. */
export const previewSite =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body }: RouteCall<'previewSite'>): Promise<RouteReply<'previewSite'>> => {
    const [inventory, guests] = await Promise.all([
      readSiteInventory(catalog),
      knownSiteGuests(catalog),
    ])
    const graph = expand(body.site, inventory, guests, clock.now())
    return { ...graph, tasks: graph.tasks.slice(0, TASKS), taskCount: graph.tasks.length }
  }

export const handler = httpHandler('previewSite', previewSite)
