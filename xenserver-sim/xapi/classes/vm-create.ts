import { NULL_REF } from '../../identifiers.ts'
import { hasReached } from '../../releases.ts'
import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { Implementation } from '../implementation.ts'
import { refreshVm } from '../locks.ts'
import type { Messages, Ref, VMRecord } from '../records/index.ts'

type Fields = Partial<VMRecord>

const assertCpus = ({ VCPUs_max = 1, VCPUs_at_startup = 1 }: Fields) => {
  if (VCPUs_max < 1) throw new XapiError('INVALID_VALUE', 'VCPUs_max', String(VCPUs_max))
  if (VCPUs_at_startup < 1 || VCPUs_at_startup > VCPUs_max)
    throw new XapiError('INVALID_VALUE', 'VCPUs_at_startup', String(VCPUs_at_startup))
}

/** static_min ≤ dynamic_min ≤ dynamic_max ≤ static_max. Throws MEMORY_CONSTRAINT_VIOLATION_ORDER. */
export const assertMemoryOrder = (fields: Fields): void => {
  const { memory_static_min: a = 0, memory_dynamic_min: b = 0 } = fields
  const { memory_dynamic_max: c = 0, memory_static_max: d = 0 } = fields
  if (a > b || b > c || c > d)
    throw new XapiError(
      'MEMORY_CONSTRAINT_VIOLATION_ORDER',
      'Memory limits must satisfy: static_min <= dynamic_min <= dynamic_max <= static_max',
    )
}

const domainType = ({ domain_type, HVM_boot_policy, PV_bootloader, PV_kernel }: Fields) => {
  if (domain_type && domain_type !== 'unspecified') return domain_type
  if (HVM_boot_policy !== '') return 'hvm'
  return PV_bootloader || PV_kernel ? 'pv' : 'hvm'
}

/** A VM record of its own metrics; what the record may not decide (uuid, locks, snapshot flags) is the server's. */
const createVm = (state: State, args: Fields): Ref => {
  assertCpus(args)
  assertMemoryOrder(args)
  // From which release on a VM may be made suspended is unconfirmed; those before 8.1 make it halted.
  const powerState = hasReached(state.release, 'quebec') ? (args.power_state ?? 'Halted') : 'Halted'
  if (powerState !== 'Halted' && powerState !== 'Suspended')
    throw new XapiError(
      'VM_BAD_POWER_STATE',
      NULL_REF,
      'halted, suspended',
      powerState.toLowerCase(),
    )
  if (powerState === 'Suspended') state.database.get('VDI', args.suspend_VDI ?? NULL_REF)
  if (args.appliance && args.appliance !== NULL_REF)
    state.database.get('VM_appliance', args.appliance)

  const { blocked_operations: _ignored, ...given } = args
  const other_config = { ...args.other_config }
  other_config.mac_seed ??= state.newUuid()
  const ref = state.database.create('VM', {
    ...given,
    other_config,
    power_state: powerState,
    suspend_VDI: powerState === 'Suspended' ? (args.suspend_VDI ?? NULL_REF) : NULL_REF,
    is_default_template: false,
    domain_type: domainType(args),
    domid: -1,
    memory_target: args.memory_dynamic_max ?? 0,
    metrics: state.database.create('VM_metrics', {
      VCPUs_number: args.VCPUs_at_startup ?? 1,
      install_time: state.clock(),
      current_domain_type: 'unspecified',
    }),
  })
  refreshVm(state, ref)
  return ref
}

export const vmCreate: Implementation<Pick<Messages['VM'], 'create'>> = {
  create: ({ state }, args) => createVm(state, args as Fields),
}
