import type { Policy } from '../contracts/policies.ts'
import type { StoredVm } from '../inventory/inventory.ts'
import { protects } from '../policies/selection.ts'
import type { SiteVms } from '../policies/selector.ts'
import type { Catalog } from '../ports.ts'
import { expander } from '../site/expand.ts'
import { siteOfPolicy } from './policies-of-site.ts'
import { readSiteGuests } from './site-guests.ts'
import { readSiteInventory } from './site-inventory.ts'
import { readSites, siteNamed } from './sites-catalog.ts'

/** What the sites of policies say of VMs. */
export interface ToldBySites {
  /** By the site, as selectors name it. */
  takes: SiteVms
  /** UUIDs of VMs that a site which is backed up by itself leaves out on purpose: pooled desktops, and what its definition excludes. */
  meant: ReadonlySet<string>
}

/**
 * What the sites of policies take, as the inventory stands: so that lists, previews and warnings tell the same as a run does. A catalog without such a policy costs
 * nothing.
 */
export const readSiteVms = async (
  catalog: Catalog,
  policies: readonly Policy[],
  known: { vms?: readonly StoredVm[]; standbys: ReadonlySet<string>; now: number },
): Promise<ToldBySites> => {
  const wanted = new Set(policies.flatMap(policy => siteOfPolicy(policy) ?? []))
  if (wanted.size === 0) return { takes: new Map(), meant: new Set() }
  const [sites, inventory, guests] = await Promise.all([
    readSites(catalog),
    readSiteInventory(catalog, known),
    readSiteGuests(catalog, new Map()),
  ])
  const takes = new Map<string, Map<string, string>>()
  const meant = new Set<string>()
  const { vmsOf } = expander(inventory, guests)
  for (const name of wanted) {
    const site = siteNamed(sites, name)?.value.site
    const told = site && vmsOf(site, known.now)
    const why = `the site "${name}" protects it`
    takes.set(name, new Map(told?.saved.map(uuid => [uuid, why])))
    if (!policies.some(policy => siteOfPolicy(policy) === name && protects(policy))) continue
    for (const uuid of told?.meant ?? []) meant.add(uuid)
  }
  return { takes, meant }
}
