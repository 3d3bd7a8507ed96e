import { readVms, type StoredVm } from '../inventory/inventory.ts'
import type { Catalog } from '../ports.ts'
import { readReplicas } from '../replication/replicas-catalog.ts'
import { readPolicies } from './policies-catalog.ts'
import type { Inventory } from './selection.ts'

/** All that a selection looks at, as the catalog has it now. */
export const readPolicyInventory = async (catalog: Catalog): Promise<Inventory<StoredVm>> => {
  const [vms, standbys, policies] = await Promise.all([
    readVms(catalog),
    standingBy(catalog),
    readPolicies(catalog),
  ])
  return { vms, standbys, policies: policies.map(({ value }) => value.policy) }
}

/** UUIDs of the VMs that are standbys of replication. One that a failover was begun of may be the machine, and is not counted. */
export const standingBy = async (catalog: Catalog): Promise<Set<string>> =>
  new Set(
    (await readReplicas(catalog)).flatMap(({ phase, standby }) =>
      standby && (phase === 'standing-by' || phase === 'stopped') ? [standby.uuid] : [],
    ),
  )
