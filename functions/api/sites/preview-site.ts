import { readPolicies } from '#core/policies/policies-catalog.ts'
import { expand } from '#core/site/expand.ts'
import { keptTooLong } from '#core/site/kept-too-long.ts'
import { policiesOfSite } from '#core/sites/policies-of-site.ts'
import { readSiteInventory } from '#core/sites/site-inventory.ts'
import { readSites, siteNamed } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { knownSiteGuests } from '../../sites/known-guests.ts'

const TASKS = 1_000

/** What a backup of a site would do now. Nothing is saved. */
export const previewSite =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body }: RouteCall<'previewSite'>): Promise<RouteReply<'previewSite'>> => {
    const [inventory, guests, sites, policies] = await Promise.all([
      readSiteInventory(catalog),
      knownSiteGuests(catalog),
      readSites(catalog),
      readPolicies(catalog),
    ])
    const { site } = body
    const graph = expand(site, inventory, guests, clock.now())
    const { siteId } = siteNamed(sites, site.name)?.value ?? { siteId: '' }
    const of = policiesOfSite(
      { siteId, site },
      policies.map(({ value }) => value.policy),
    )
    const kept = keptTooLong(of, graph)
    return {
      ...graph,
      // Behind the errors, which come first.
      problems: [...graph.problems, ...kept].sort(
        (a, b) => Number(b.level === 'error') - Number(a.level === 'error'),
      ),
      tasks: graph.tasks.slice(0, TASKS),
      taskCount: graph.tasks.length,
    }
  }

export const handler = httpHandler('previewSite', previewSite)
