import { hasReached } from '../releases.ts'
import type { State } from '../state.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'
import type { VMRecord, VmOperations, VmPowerState } from './records/VM.ts'

type Vm = Readonly<VMRecord>

const powerStates: Partial<Record<VmOperations, readonly VmPowerState[]>> = {
  start: ['Halted'],
  start_on: ['Halted'],
  provision: ['Halted'],
  make_into_template: ['Halted'],
  changing_NVRAM: ['Halted'],
  create_vtpm: ['Halted'],
  resume: ['Suspended'],
  resume_on: ['Suspended'],
  unpause: ['Paused'],
  clean_shutdown: ['Running'],
  clean_reboot: ['Running'],
  suspend: ['Running'],
  pause: ['Running'],
  pool_migrate: ['Running'],
  call_plugin: ['Running'],
  snapshot_with_quiesce: ['Running'],
  hard_reboot: ['Paused', 'Running'],
  checkpoint: ['Paused', 'Suspended', 'Running'],
  hard_shutdown: ['Paused', 'Suspended', 'Running'],
  shutdown: ['Paused', 'Suspended', 'Running'],
  export: ['Halted', 'Suspended'],
  destroy: ['Halted', 'Suspended'],
}

/** Operations a client may ask for; the others of the enumeration are the server's own. */
export const clientOperations: readonly VmOperations[] = [
  'snapshot',
  'clone',
  'copy',
  'create_template',
  'revert',
  'checkpoint',
  'snapshot_with_quiesce',
  'provision',
  'start',
  'start_on',
  'pause',
  'unpause',
  'clean_shutdown',
  'clean_reboot',
  'hard_shutdown',
  'power_state_reset',
  'hard_reboot',
  'suspend',
  'resume',
  'resume_on',
  'pool_migrate',
  'changing_VCPUs',
  'changing_NVRAM',
  'make_into_template',
  'export',
  'metadata_export',
  'destroy',
]

const mayOverlap: readonly (readonly VmOperations[])[] = [
  ['clone', 'copy', 'export'],
  ['snapshot', 'checkpoint'],
  ['get_boot_record'],
]
const templateOperations: readonly VmOperations[] = [
  'clone',
  'copy',
  'export',
  'metadata_export',
  'provision',
  'changing_memory_limits',
  'destroy',
]
const snapshotOperations: readonly VmOperations[] = [
  'revert',
  'clone',
  'copy',
  'export',
  'destroy',
  'hard_shutdown',
  'metadata_export',
]

const expectedStates = (vm: Vm, operation: VmOperations) =>
  operation === 'clone' || operation === 'copy'
    ? vm.is_a_snapshot
      ? (['Halted', 'Suspended'] as const)
      : (['Halted'] as const)
    : powerStates[operation]

/** VM_BAD_POWER_STATE with the states in lower case, several joined by a comma. */
export const badPowerState = (ref: Ref, expected: readonly string[], actual: string): XapiError =>
  new XapiError(
    'VM_BAD_POWER_STATE',
    ref,
    expected.map(s => s.toLowerCase()).join(', '),
    actual.toLowerCase(),
  )

const concurrent = (ref: Ref, vm: Vm, operation: VmOperations): XapiError | undefined => {
  if (operation === 'hard_shutdown') return undefined
  const group = mayOverlap.find(g => g.includes(operation)) ?? []
  const other = Object.entries(vm.current_operations).find(([, o]) => !group.includes(o))
  return other && new XapiError('OTHER_OPERATION_IN_PROGRESS', 'VM', ref, other[1], other[0])
}

const kind = (ref: Ref, vm: Vm, operation: VmOperations): XapiError | undefined => {
  if (vm.is_a_snapshot)
    return snapshotOperations.includes(operation)
      ? undefined
      : new XapiError('VM_IS_SNAPSHOT', ref, operation)
  if (operation === 'revert') return new XapiError('REVERT_ONLY_ALLOWED_ON_SNAPSHOT')
  if (vm.is_default_template && operation === 'destroy')
    return new XapiError('VM_CANNOT_DELETE_DEFAULT_TEMPLATE', ref)
  if (vm.is_a_template && !templateOperations.includes(operation))
    return new XapiError('VM_IS_TEMPLATE', ref, operation)
  return operation === 'provision' && !vm.is_a_template
    ? new XapiError('OPERATION_NOT_ALLOWED', 'Only templates can be provisioned')
    : undefined
}

const guestFeatures = (
  state: State,
  ref: Ref,
  vm: Vm,
  operation: VmOperations,
): XapiError | undefined => {
  const needs = {
    clean_shutdown: 'feature-shutdown',
    clean_reboot: 'feature-reboot',
    suspend: 'feature-suspend',
    checkpoint: 'feature-suspend',
  }
  const feature = needs[operation as keyof typeof needs]
  if (!feature || vm.power_state !== 'Running') return undefined
  const guest = state.database.find('VM_guest_metrics', vm.guest_metrics)
  return guest?.PV_drivers_detected || guest?.other[feature] === '1'
    ? undefined
    : new XapiError('VM_LACKS_FEATURE', ref)
}

const snapshots: readonly VmOperations[] = [
  'snapshot',
  'checkpoint',
  'suspend',
  'snapshot_with_quiesce',
]

const disks = (state: State, vm: Vm, operation: VmOperations): XapiError | undefined => {
  if (!snapshots.includes(operation)) return undefined
  for (const ref of vm.VBDs) {
    const vdiRef = state.database.get('VBD', ref).VDI
    if (state.database.find('VDI', vdiRef)?.on_boot === 'reset')
      return new XapiError('VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION', vdiRef)
  }
  return undefined
}

/** Devices of the host: memory cannot leave it, and USB forbids every snapshot. */
const devices = (ref: Ref, vm: Vm, operation: VmOperations): XapiError | undefined => {
  if (operation === 'suspend' || operation === 'checkpoint') {
    if (vm.attached_PCIs.length > 0) return new XapiError('VM_HAS_PCI_ATTACHED', ref)
    if (vm.VGPUs.length > 0) return new XapiError('VM_HAS_VGPU', ref)
  }
  return vm.VUSBs.length > 0 && snapshots.includes(operation)
    ? new XapiError('VM_HAS_VUSBS', ref)
    : undefined
}

/**
 * Why the operation cannot begin now, checked in XAPI's order: blocked operations, power state, what else is under way,
 * template and snapshot rules, control domain, guest features, disks. Undefined when nothing is in the way.
 */
export const vmObstacle = (
  state: State,
  ref: Ref,
  operation: VmOperations,
): XapiError | undefined => {
  const vm = state.database.get('VM', ref)
  const reason = vm.blocked_operations[operation]
  if (reason !== undefined) return new XapiError('OPERATION_BLOCKED', ref, reason)
  const expected = expectedStates(vm, operation)
  if (expected && !(expected as readonly string[]).includes(vm.power_state))
    return badPowerState(ref, expected, vm.power_state)
  return (
    concurrent(ref, vm, operation) ??
    kind(ref, vm, operation) ??
    (vm.is_control_domain
      ? new XapiError(
          'OPERATION_NOT_ALLOWED',
          'This operation is not allowed on the control domain',
        )
      : undefined) ??
    guestFeatures(state, ref, vm, operation) ??
    (operation === 'snapshot_with_quiesce' && hasReached(state.release, 'quebec')
      ? new XapiError('OPERATION_NOT_ALLOWED', 'Quiesced snapshots were removed')
      : undefined) ??
    disks(state, vm, operation) ??
    devices(ref, vm, operation)
  )
}
