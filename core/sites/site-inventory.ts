import { readPools, readTemplates, readVms, type StoredVm } from '../inventory/inventory.ts'
import { standingBy } from '../policies/standing-by.ts'
import type { Catalog } from '../ports.ts'
import type { SiteInventory } from '../site/known.ts'

/** All that a site is made of, as the catalog has it now. */
export const readSiteInventory = async (
  catalog: Catalog,
  known: { vms?: readonly StoredVm[]; standbys?: ReadonlySet<string> } = {},
): Promise<SiteInventory<StoredVm>> => {
  const [vms, templates, pools, standbys] = await Promise.all([
    known.vms ?? readVms(catalog),
    readTemplates(catalog),
    readPools(catalog),
    known.standbys ?? standingBy(catalog),
  ])
  return { vms, templates, pools, standbys }
}
