import { readVms, type StoredVm } from '../inventory/inventory.ts'
import type { Catalog } from '../ports.ts'
import { readReplicas } from '../replication/replicas-catalog.ts'
import { readPolicies } from './policies-catalog.ts'
import type { Inventory } from './selection.ts'

/** All that a selection looks at, as the catalog has it now. */
export const readPolicyInventory = async (catalog: Catalog): Promise<Inventory<StoredVm>> => {
  const [vms, replicas, policies] = await Promise.all([
    readVms(catalog),
    readReplicas(catalog),
    readPolicies(catalog),
  ])
  const standbys = replicas.flatMap(({ phase, standby }) =>
    // One that a failover was begun of may be the machine.
    standby && (phase === 'standing-by' || phase === 'stopped') ? [standby.uuid] : [],
  )
  return { vms, standbys: new Set(standbys), policies: policies.map(({ value }) => value.policy) }
}
