import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import type { Implementation } from '../implementation.ts'
import { refreshVdi, withVmOperation } from '../locks.ts'
import type { Messages, Ref } from '../records/index.ts'

/** Removes the VM and what belongs to it alone. All its disks stay, as do its snapshots. */
export const removeVm = (state: State, ref: Ref): void => {
  const { database } = state
  const vm = database.get('VM', ref)
  for (const child of vm.children) database.update('VM', child, { parent: vm.parent })
  for (const vbd of vm.VBDs) {
    const { VDI } = database.get('VBD', vbd)
    database.remove('VBD', vbd)
    refreshVdi(state, VDI)
  }
  for (const vif of vm.VIFs) database.remove('VIF', vif)
  for (const vgpu of vm.VGPUs) database.remove('VGPU', vgpu)
  for (const vtpm of vm.VTPMs) database.remove('VTPM', vtpm)
  if (vm.metrics !== NULL_REF) database.remove('VM_metrics', vm.metrics)
  if (vm.guest_metrics !== NULL_REF) database.remove('VM_guest_metrics', vm.guest_metrics)
  database.remove('VM', ref)
}

export const vmDestroy: Implementation<Pick<Messages['VM'], 'destroy'>> = {
  destroy: ({ state, task }, self) =>
    withVmOperation(state, self, 'destroy', task, async () => removeVm(state, self)),
}
