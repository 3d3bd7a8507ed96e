import type { Policy } from '../contracts/policies.ts'
import { readVms, type StoredVm } from '../inventory/inventory.ts'
import type { Catalog } from '../ports.ts'
import { readSiteVms } from '../sites/site-vms.ts'
import { readPolicies } from './policies-catalog.ts'
import type { Inventory } from './selection.ts'
import { standingBy } from './standing-by.ts'

/** All that a selection looks at, as the catalog has it now (ms since 1970). @param more policies that are not saved, whose sites are looked at as well */
export const readPolicyInventory = async (
  catalog: Catalog,
  now: number,
  more: readonly Policy[] = [],
): Promise<Inventory<StoredVm>> => {
  const [vms, standbys, stored] = await Promise.all([
    readVms(catalog),
    standingBy(catalog),
    readPolicies(catalog),
  ])
  const policies = stored.map(({ value }) => value.policy)
  const { takes: sites, meant } = await readSiteVms(catalog, [...policies, ...more], {
    vms,
    standbys,
    now,
  })
  return { vms, standbys, policies, sites, meant }
}
