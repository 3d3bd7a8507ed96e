import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVm, withVmOperation } from '../locks.ts'
import type { Messages, Ref, VMRecord } from '../records/index.ts'
import { leaveMessage } from './message.ts'
import { cloneVdi, copyVdi, removeVdi } from './vdi-copies.ts'
import { copyVbd, copyVifs, copyVmRecord, copyVtpms } from './vm-copies.ts'

const copyDisks = async (
  state: State,
  vm: Readonly<VMRecord>,
  copy: (vdi: Ref) => Ref | Promise<Ref>,
) => {
  const made = new Map<Ref, Ref>()
  try {
    for (const ref of vm.VBDs) {
      const vbd = state.database.get('VBD', ref)
      if (!vbd.empty && vbd.type !== 'CD') made.set(vbd.VDI, await copy(vbd.VDI))
    }
    return made
  } catch (error) {
    for (const ref of made.values()) removeVdi(state, ref)
    throw error
  }
}

/** A new top-level VM: new uuid, MACs and generation id, halted whatever its original was. */
const duplicate = async (
  { state }: Call,
  ref: Ref,
  name: string,
  copy: (vdi: Ref) => Ref | Promise<Ref>,
): Promise<Ref> => {
  const vm = state.database.get('VM', ref)
  const disks = await copyDisks(state, vm, copy)
  const mac_seed = state.newUuid()
  const duplicated = copyVmRecord(state, vm, {
    name_label: name,
    is_a_snapshot: false,
    snapshot_of: NULL_REF,
    snapshot_time: new Date(0),
    snapshot_info: {},
    snapshot_metadata: '',
    parent: NULL_REF,
    other_config: { ...vm.other_config, mac_seed },
    version: 0,
  })
  for (const vbdRef of vm.VBDs) {
    const vbd = state.database.get('VBD', vbdRef)
    copyVbd(state, vbd, duplicated, disks.get(vbd.VDI) ?? vbd.VDI)
  }
  copyVifs(state, vm, duplicated, mac_seed)
  copyVtpms(state, vm, duplicated)
  refreshVm(state, duplicated)
  return duplicated
}

export const vmClone: Implementation<Pick<Messages['VM'], 'clone' | 'copy' | 'provision'>> = {
  clone: (call, vm, new_name) =>
    withVmOperation(call.state, vm, 'clone', call.task, async () => {
      const clone = await duplicate(call, vm, new_name, vdi => cloneVdi(call.state, vdi))
      leaveMessage(call.state, 'VM_CLONED', 'VM', call.state.database.get('VM', clone).uuid)
      return clone
    }),
  copy: (call, vm, new_name, sr) =>
    withVmOperation(call.state, vm, 'copy', call.task, () =>
      duplicate(call, vm, new_name, vdi =>
        copyVdi(call.state, vdi, sr === NULL_REF ? call.state.database.get('VDI', vdi).SR : sr),
      ),
    ),
  provision: ({ state, task }, vm) =>
    withVmOperation(state, vm, 'provision', task, async () => {
      const { other_config } = state.database.get('VM', vm)
      const { disks: _described, default_template: _flag, ...left } = other_config
      state.database.update('VM', vm, { is_a_template: false, other_config: left })
    }),
}
