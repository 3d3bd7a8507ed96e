import { NULL_REF, refOf } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVm, withVmOperation } from '../locks.ts'
import type { Messages, Ref } from '../records/index.ts'
import { leaveRunning } from '../vm-life.ts'
import { dropSuspendImage } from './suspend-image.ts'
import { cloneVdi, removeVdi } from './vdi-copies.ts'
import { copyVbd, copyVifs, copyVmRecord, freshGenerationId } from './vm-copies.ts'

/** The VM the snapshot was taken of; one that was destroyed comes back under its old uuid. */
const originalOf = (state: State, snapshotRef: Ref): Ref => {
  const snapshot = state.database.get('VM', snapshotRef)
  if (state.database.find('VM', snapshot.snapshot_of)) return snapshot.snapshot_of
  const uuid = /\('uuid' '([^']+)'\)/.exec(snapshot.snapshot_metadata)?.[1]
  if (!uuid) throw new XapiError('VM_REVERT_FAILED', snapshotRef, snapshot.snapshot_of)
  const name = /\('name_label' '([^']*)'\)/.exec(snapshot.snapshot_metadata)?.[1]
  copyVmRecord(state, snapshot, {
    uuid,
    name_label: name ?? snapshot.name_label,
    is_a_snapshot: false,
    is_a_template: false,
    snapshot_of: NULL_REF,
    snapshot_info: {},
    snapshot_metadata: '',
  })
  return refOf(uuid)
}

const removeDevices = (state: State, ref: Ref) => {
  const { VBDs, VIFs } = state.database.get('VM', ref)
  for (const vbdRef of VBDs) {
    const vbd = state.database.get('VBD', vbdRef)
    if (vbd.type !== 'CD' && !vbd.empty) removeVdi(state, vbd.VDI)
    if (state.database.find('VBD', vbdRef)) state.database.remove('VBD', vbdRef)
  }
  for (const vif of VIFs) state.database.remove('VIF', vif)
}

/** Fields that a revert brings back; name, tags and the snapshot tree stay the VM's own. */
const restored = (state: State, snapshotRef: Ref) => {
  const s = state.database.get('VM', snapshotRef)
  return {
    memory_static_max: s.memory_static_max,
    memory_static_min: s.memory_static_min,
    memory_dynamic_max: s.memory_dynamic_max,
    memory_dynamic_min: s.memory_dynamic_min,
    VCPUs_max: s.VCPUs_max,
    VCPUs_at_startup: s.VCPUs_at_startup,
    VCPUs_params: s.VCPUs_params,
    platform: s.platform,
    HVM_boot_policy: s.HVM_boot_policy,
    HVM_boot_params: s.HVM_boot_params,
    domain_type: s.domain_type,
    NVRAM: s.NVRAM,
    xenstore_data: s.xenstore_data,
    other_config: s.other_config,
  }
}

const revert = async ({ state }: Call, snapshotRef: Ref): Promise<void> => {
  const vm = originalOf(state, snapshotRef)
  const snapshot = state.database.get('VM', snapshotRef)
  const { power_state, generation_id } = state.database.get('VM', vm)
  await pause(state, state.timing.power)
  dropSuspendImage(state, vm)
  if (power_state !== 'Halted') leaveRunning(state, vm, 'Halted')
  removeDevices(state, vm)
  if (snapshot.suspend_VDI !== NULL_REF)
    state.database.update('VM', vm, {
      power_state: 'Suspended',
      suspend_VDI: cloneVdi(state, snapshot.suspend_VDI),
      last_booted_record: snapshot.last_booted_record,
      last_boot_CPU_flags: snapshot.last_boot_CPU_flags,
    })
  for (const ref of snapshot.VBDs) {
    const vbd = state.database.get('VBD', ref)
    const disk = vbd.type !== 'CD' && !vbd.empty ? cloneVdi(state, vbd.VDI) : vbd.VDI
    copyVbd(state, vbd, vm, disk)
  }
  copyVifs(state, snapshot, vm)
  state.database.update('VM', vm, {
    ...restored(state, snapshotRef),
    parent: snapshotRef,
    generation_id: generation_id === '' ? '' : freshGenerationId(state),
  })
  refreshVm(state, vm)
}

export const vmRevert: Implementation<Pick<Messages['VM'], 'revert'>> = {
  revert: (call, snapshot) =>
    withVmOperation(call.state, snapshot, 'revert', call.task, () => revert(call, snapshot)),
}
