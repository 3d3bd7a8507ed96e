import { VmNotFoundError } from '#core/errors/control.ts'
import { readVms } from '#core/inventory/inventory.ts'
import { nearNames } from '#core/inventory/resolve.ts'
import { readProtectedVms } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'

/**
 * VMs that have points, also such as no pool has any more. A VM made anew under an old name has another UUID: its name stands for both.
 * @param vm UUID or exact name
 * @returns UUIDs
 * @throws `VM_NOT_FOUND` where no pool and no point knows it
 */
export const vmsWithPoints = async (catalog: Catalog, vm: string): Promise<string[]> => {
  const isMeant = ({ uuid, name }: { uuid: string; name: string }) =>
    name === vm || uuid === vm.toLowerCase()
  const known = await readProtectedVms(catalog)
  const found = known.filter(isMeant)
  if (found.length > 0) return found.map(({ uuid }) => uuid)
  const inventory = await readVms(catalog)
  if (inventory.some(isMeant)) return []
  throw new VmNotFoundError(
    vm,
    nearNames(
      [...known, ...inventory].map(({ name }) => name),
      vm,
    ),
  )
}
