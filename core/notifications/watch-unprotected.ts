import { keys } from '../catalog/keys.ts'
import { NAMED_AT_MOST } from '../contracts/notifications.ts'
import type { StoredVm } from '../inventory/inventory.ts'
import { readPolicyInventory } from '../policies/policy-inventory.ts'
import { protection } from '../policies/selection.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import { isDiscarded } from '../site/provisioned-disks.ts'
import { announcement } from './announce.ts'

const DIGITS = [...'0123456789abcdef']

/** VMs that no policy backs up by itself, and those that one does; standbys of replication, and VMs whose content is discarded, are not meant to be. */
export const unprotectedVms = async (
  catalog: Catalog,
  now: number,
): Promise<{ known: number; unprotected: StoredVm[]; taken: StoredVm[] }> => {
  const inventory = await readPolicyInventory(catalog, now)
  const by = protection(inventory)
  const vms = inventory.vms.filter(({ uuid }) => !inventory.standbys.has(uuid))
  const isTaken = ({ uuid }: StoredVm) => by.has(uuid)
  return {
    known: vms.length,
    unprotected: vms.filter(
      vm => !isTaken(vm) && !isDiscarded(vm) && !inventory.meant?.has(vm.uuid),
    ),
    taken: vms.filter(isTaken),
  }
}

/**
 * What has to be told of VMs that were found unprotected since the last look: all of them in one message, each VM once. One that was protected meanwhile and is
 * not any more is told again. The marks lie in sixteen items, so that 100,000 VMs fit, and in the write that announces.
 */
export const unprotectedWrites = async (
  catalog: Catalog,
  { now, nextId }: { now: number; nextId: () => string },
): Promise<CatalogWrite[]> => {
  const { unprotected } = await unprotectedVms(catalog, now)
  const fresh: StoredVm[] = []
  const writes: CatalogWrite[] = []
  for (const digit of DIGITS) {
    const key = keys.unprotected(digit)
    const item: CatalogItem<{ vms: string[] }> | undefined = await catalog.get(key)
    const told = new Set(item?.value.vms)
    const found = unprotected.filter(({ uuid }) => uuid.startsWith(digit))
    const isSame = found.length === told.size && found.every(({ uuid }) => told.has(uuid))
    if (isSame) continue
    fresh.push(...found.filter(({ uuid }) => !told.has(uuid)))
    const value = { vms: found.map(({ uuid }) => uuid) }
    writes.push({ kind: 'put', key, value, expect: item ? { version: item.version } : 'absent' })
  }
  if (fresh.length === 0) return writes
  const vms = fresh
    .slice(0, NAMED_AT_MOST)
    .map(({ uuid, name, poolName }) => ({ vmUuid: uuid, name, poolName }))
  const event = {
    ...{ kind: 'vm-unprotected' as const, eventId: nextId(), at: now },
    ...{ vms, total: fresh.length },
  }
  return [...writes, ...announcement(event)]
}
