import type { State } from '../state.ts'
import { removeVdi } from '../xapi/classes/vdi-copies.ts'
import { removeVm } from '../xapi/classes/vm-destroy.ts'
import { attachments } from '../xapi/vdi-rules.ts'
import { leaveRunning } from '../xapi/vm-life.ts'

/**
 * What an administrator does to a VM or a snapshot in XenCenter: switches it off and destroys it together with its disks. A disk that a
 * stream has attached stays (VDI_IN_USE), and so do snapshots of the VM. Throws UUID_INVALID.
 */
export const destroyAsAdministrator = (state: State, uuid: string): void => {
  const vm = state.database.byUuid('VM', uuid)
  const { power_state, VBDs, suspend_VDI } = state.database.get('VM', vm)
  if (power_state === 'Running' || power_state === 'Paused') leaveRunning(state, vm, 'Halted')
  const disks = VBDs.map(ref => state.database.get('VBD', ref))
    .filter(({ type }) => type === 'Disk')
    .map(({ VDI }) => VDI)
  removeVm(state, vm)
  for (const disk of [...disks, suspend_VDI])
    if (state.database.find('VDI', disk) && attachments(state, disk).length === 0)
      removeVdi(state, disk)
}
