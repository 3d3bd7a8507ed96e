import { assertLicensed } from '../../licence.ts'
import type { State } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { AnyMessage, Call, Implementation } from '../implementation.ts'
import { refreshVm, withVmOperation } from '../locks.ts'
import { type Value, writeRecord } from '../marshal.ts'
import type { Messages, Ref, VMRecord } from '../records/index.ts'
import { toSexpr } from '../sexpr.ts'
import { notReachable } from '../vdi-rules.ts'
import { guestOf, leaveRunning } from '../vm-life.ts'
import { leaveMessage } from './message.ts'
import { createSuspendImage } from './suspend-image.ts'
import { removeVdi, snapshotVdi } from './vdi-copies.ts'
import { copyVbd, copyVifs, copyVmRecord, copyVtpms } from './vm-copies.ts'

type Vm = Readonly<VMRecord>

const disksOf = (state: State, vm: Vm) =>
  vm.VBDs.map(ref => state.database.get('VBD', ref)).filter(vbd => !vbd.empty && vbd.type !== 'CD')

/** Snapshots the disks one after the other; if one fails, those made so far are deleted. */
const snapshotDisks = async (call: Call, vm: Vm, ignored: readonly Ref[]) => {
  const { state } = call
  const made = new Map<Ref, Ref>()
  try {
    for (const { VDI } of disksOf(state, vm)) {
      if (ignored.includes(VDI)) continue
      const vdi = state.database.get('VDI', VDI)
      if (vdi.sharable) throw new XapiError('VDI_IS_SHARABLE', VDI)
      await pause(state, state.timing.snapshot)
      const fault = state.faults.take('fail-call', 'VDI.snapshot')
      if (fault) throw new XapiError(fault.error[0] ?? '', ...fault.error.slice(1))
      state.tasks.assertNotCancelled(call.task)
      const obstacle = notReachable(state, state.database.get('VDI', VDI))
      if (obstacle) throw obstacle
      made.set(VDI, snapshotVdi(state, VDI))
    }
    return made
  } catch (error) {
    for (const ref of made.values()) removeVdi(state, ref)
    throw error
  }
}

const metadata = (state: State, vm: Vm) =>
  toSexpr(writeRecord(state.model, 'VM', vm as unknown as Record<string, Value>))

const addSnapshotRecord = (
  state: State,
  ref: Ref,
  name: string,
  disks: ReadonlyMap<Ref, Ref>,
  memory: Partial<VMRecord> = {},
): Ref => {
  const vm = state.database.get('VM', ref)
  const snapshot = copyVmRecord(state, vm, {
    name_label: name,
    is_a_snapshot: true,
    is_a_template: true,
    snapshot_of: ref,
    snapshot_time: state.clock(),
    snapshot_info: {
      'power-state-at-snapshot': vm.power_state,
      'disk-snapshot-type': 'crash_consistent',
    },
    snapshot_metadata: metadata(state, vm),
    parent: vm.parent,
    version: 0,
    ...memory,
  })
  for (const vbdRef of vm.VBDs) {
    const vbd = state.database.get('VBD', vbdRef)
    const isDisk = vbd.type !== 'CD'
    const vdi = isDisk ? disks.get(vbd.VDI) : vbd.VDI
    // A disk without a snapshot was to be left out.
    if (vdi !== undefined) copyVbd(state, vbd, snapshot, vdi)
  }
  copyVifs(state, vm, snapshot)
  copyVtpms(state, vm, snapshot)
  state.database.update('VM', ref, { parent: snapshot })
  return snapshot
}

const takeSnapshot = (call: Call, vm: Ref, name: string, ignored: readonly Ref[]) =>
  withVmOperation(call.state, vm, 'snapshot', call.task, async () => {
    const { state } = call
    const disks = await snapshotDisks(call, state.database.get('VM', vm), ignored)
    const snapshot = addSnapshotRecord(state, vm, name, disks)
    leaveMessage(state, 'VM_SNAPSHOTTED', 'VM', state.database.get('VM', vm).uuid)
    refreshVm(state, snapshot)
    return snapshot
  })

/** Suspends the VM for the time its memory and disks are kept, then lets it go on: the guest sees a pause. */
const takeCheckpoint = (call: Call, vm: Ref, name: string) =>
  withVmOperation(call.state, vm, 'checkpoint', call.task, async () => {
    const { state } = call
    assertLicensed(state, 'checkpoint', 'Checkpoint')
    await pause(state, state.timing.power)
    const { power_state } = state.database.get('VM', vm)
    const { suspend } = guestOf(state, vm)
    if (power_state === 'Running' && suspend === 'fails')
      throw new XapiError('VM_CHECKPOINT_SUSPEND_FAILED', vm)
    const suspend_VDI = await createSuspendImage(state, vm)
    let disks: Map<Ref, Ref>
    try {
      disks = await snapshotDisks(call, state.database.get('VM', vm), [])
    } catch (error) {
      removeVdi(state, suspend_VDI)
      throw error
    }
    if (power_state === 'Running' && suspend === 'no-resume') {
      for (const ref of disks.values()) removeVdi(state, ref)
      leaveRunning(state, vm, 'Suspended')
      state.database.update('VM', vm, { suspend_VDI })
      throw new XapiError('VM_CHECKPOINT_RESUME_FAILED', vm)
    }
    const memory = { power_state: 'Suspended', suspend_VDI } as const
    const snapshot = addSnapshotRecord(state, vm, name, disks, memory)
    leaveMessage(state, 'VM_CHECKPOINTED', 'VM', state.database.get('VM', vm).uuid)
    refreshVm(state, snapshot)
    return snapshot
  })

const vssFailure = {
  absent: 'VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED',
  silent: 'VM_SNAPSHOT_WITH_QUIESCE_PLUGIN_DEOS_NOT_RESPOND',
  fails: 'VM_SNAPSHOT_WITH_QUIESCE_FAILED',
  'times-out': 'VM_SNAPSHOT_WITH_QUIESCE_TIMEOUT',
} as const

/** Up to 8.0: Windows' providers bring the guest to rest, and the snapshot says so. */
const takeQuiesced = (call: Call, vm: Ref, name: string) =>
  withVmOperation(call.state, vm, 'snapshot_with_quiesce', call.task, async () => {
    const { state } = call
    const { vss } = guestOf(state, vm)
    if (vss !== 'works') throw new XapiError(vssFailure[vss], vm)
    const disks = await snapshotDisks(call, state.database.get('VM', vm), [])
    const snapshot = addSnapshotRecord(state, vm, name, disks)
    const { snapshot_info } = state.database.get('VM', snapshot)
    state.database.update('VM', snapshot, {
      snapshot_info: { ...snapshot_info, 'disk-snapshot-type': 'quiesced' },
    })
    leaveMessage(state, 'VM_SNAPSHOTTED', 'VM', state.database.get('VM', vm).uuid)
    refreshVm(state, snapshot)
    return snapshot
  })

export const vmSnapshot: Implementation<Pick<Messages['VM'], 'snapshot' | 'checkpoint'>> = {
  // Releases before xapi 21.4 have no list of disks to leave out.
  snapshot: (call, vm, new_name, ignore_vdis = []) => takeSnapshot(call, vm, new_name, ignore_vdis),
  checkpoint: takeCheckpoint,
}

/** Removed in 8.1, so absent from the records of the data model that the other messages are typed by. */
export const vmQuiesce: Record<string, AnyMessage> = {
  snapshot_with_quiesce: (call, vm, new_name) => takeQuiesced(call, vm as Ref, new_name as string),
}
