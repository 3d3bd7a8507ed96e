import type { State } from '../state.ts'
import { XapiError } from './errors.ts'
import type { Ref } from './records/index.ts'
import type { VDIRecord, VdiOperations } from './records/VDI.ts'

type Vdi = Readonly<VDIRecord>

/** VBDs of a disk that say they are attached, those of suspended VMs included: these get it back when they are resumed. */
export const claims = (state: State, vdi: Ref): Ref[] =>
  state.database
    .get('VDI', vdi)
    .VBDs.filter(vbd => state.database.get('VBD', vbd).currently_attached)

/** Attached VBDs of a disk. */
export const attachments = (state: State, vdi: Ref): Ref[] =>
  claims(state, vdi).filter(vbd => {
    const vm = state.database.find('VM', state.database.get('VBD', vbd).VM)
    return vm?.power_state !== 'Suspended'
  })

const attachedToRunningVm = (state: State, vdi: Ref) =>
  attachments(state, vdi).some(vbd => {
    const vm = state.database.find('VM', state.database.get('VBD', vbd).VM)
    return vm?.power_state === 'Running' || vm?.power_state === 'Paused'
  })

const detachedOnly: readonly VdiOperations[] = ['resize', 'destroy', 'forget', 'data_destroy']

/** Operations a disk advertises; some newer ones are left out, as in XAPI. */
export const vdiOperations: readonly VdiOperations[] = [
  'clone',
  'copy',
  'resize',
  'snapshot',
  'destroy',
  'forget',
  'update',
  'generate_config',
  'enable_cbt',
  'disable_cbt',
  'data_destroy',
  'list_changed_blocks',
  'set_on_boot',
]

const feature: Partial<Record<VdiOperations, string>> = {
  snapshot: 'VDI_SNAPSHOT',
  clone: 'VDI_CLONE',
  resize: 'VDI_RESIZE',
  destroy: 'VDI_DELETE',
  enable_cbt: 'VDI_CONFIG_CBT',
  disable_cbt: 'VDI_CONFIG_CBT',
  data_destroy: 'VDI_CONFIG_CBT',
  list_changed_blocks: 'VDI_CONFIG_CBT',
}

const unsupported = (state: State, vdi: Vdi, operation: VdiOperations): XapiError | undefined => {
  const needed = feature[operation]
  if (!needed) return undefined
  const { type } = state.database.get('SR', vdi.SR)
  const driver = [...state.database.all('SM').values()].find(sm => sm.type === type)
  return driver && needed in driver.features
    ? undefined
    : new XapiError('SR_OPERATION_NOT_SUPPORTED', vdi.SR)
}

/** SR_HAS_NO_PBDS, SR_NOT_ATTACHED. */
export const notReachable = (state: State, vdi: Vdi): XapiError | undefined => {
  const { PBDs } = state.database.get('SR', vdi.SR)
  if (PBDs.length === 0) return new XapiError('SR_HAS_NO_PBDS', vdi.SR)
  return PBDs.some(pbd => state.database.get('PBD', pbd).currently_attached)
    ? undefined
    : new XapiError('SR_NOT_ATTACHED', vdi.SR)
}

const cbtRules = (ref: Ref, vdi: Vdi, operation: VdiOperations): XapiError | undefined => {
  if (operation === 'enable_cbt' || operation === 'disable_cbt') {
    if (vdi.is_a_snapshot)
      return new XapiError(
        'OPERATION_NOT_ALLOWED',
        'VDI is a snapshot: changed block tracking cannot be switched',
      )
    if (vdi.type !== 'user' && vdi.type !== 'system')
      return new XapiError('VDI_INCOMPATIBLE_TYPE', ref, vdi.type)
    if (vdi.on_boot === 'reset')
      return new XapiError('VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION', ref)
  }
  if ((operation === 'snapshot' || operation === 'copy') && vdi.on_boot === 'reset')
    return new XapiError('VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION', ref)
  if (operation === 'data_destroy') {
    if (!vdi.is_a_snapshot) return new XapiError('OPERATION_NOT_ALLOWED', 'VDI is not a snapshot')
    if (!vdi.cbt_enabled) return new XapiError('VDI_NO_CBT_METADATA', ref)
  }
  if (
    vdi.type === 'cbt_metadata' &&
    ['clone', 'copy', 'snapshot', 'resize', 'data_destroy'].includes(operation)
  )
    return new XapiError('VDI_INCOMPATIBLE_TYPE', ref, vdi.type)
  return undefined
}

/** Why the operation on the disk cannot begin now, or undefined. */
export const vdiObstacle = (
  state: State,
  ref: Ref,
  operation: VdiOperations,
): XapiError | undefined => {
  const vdi = state.database.get('VDI', ref)
  const other = Object.entries(vdi.current_operations).find(
    ([, o]) => !(operation === 'copy' && o === 'copy'),
  )
  if (other) return new XapiError('OTHER_OPERATION_IN_PROGRESS', 'VDI', ref, other[1], other[0])
  return (
    (operation === 'forget' ? undefined : notReachable(state, vdi)) ??
    cbtRules(ref, vdi, operation) ??
    unsupported(state, vdi, operation) ??
    (detachedOnly.includes(operation) && attachments(state, ref).length > 0
      ? new XapiError('VDI_IN_USE', ref, operation)
      : undefined) ??
    (operation === 'list_changed_blocks' && attachedToRunningVm(state, ref)
      ? new XapiError('VDI_IN_USE', ref, operation)
      : undefined)
  )
}
