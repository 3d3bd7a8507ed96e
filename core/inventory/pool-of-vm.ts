import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import type { StoredVm } from './inventory.ts'

/** @returns which of these pools a VM is in, and what is known of it there */
export const poolOfVm = async (
  catalog: Catalog,
  pools: readonly string[],
  vmUuid: string,
): Promise<{ poolUuid: string; vm: StoredVm } | undefined> => {
  const found = await Promise.all(
    pools.map(async poolUuid => ({
      poolUuid,
      vm: (await catalog.get<StoredVm>(keys.vm(poolUuid, vmUuid)))?.value,
    })),
  )
  return found.flatMap(({ poolUuid, vm }) => (vm ? [{ poolUuid, vm }] : []))[0]
}
