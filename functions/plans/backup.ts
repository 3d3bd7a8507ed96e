import { readVms } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import { type PlanRequest, titleOf } from './plan.ts'

/** A job for each VM that is named. */
export const planBackup: PlanRequest<'backup'> = async (catalog, { vms: wanted, lock, wire }) => {
  const vms = resolveVms(await readVms(catalog), wanted)
  return {
    title: titleOf(vms.map(({ name }) => name)),
    specs: vms.map(({ poolUuid, uuid, name }) => ({
      kind: 'backup-vm',
      poolUuid,
      vmUuid: uuid,
      vmName: name,
      method: 'normal',
      ...(lock && { lock }),
      ...(wire && { wire }),
    })),
  }
}
