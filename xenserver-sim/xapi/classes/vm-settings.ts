import { NULL_REF } from '../../identifiers.ts'
import type { State } from '../../state.ts'
import { XapiError } from '../errors.ts'
import type { AnyMessage, Call, Implementation } from '../implementation.ts'
import { refreshVm } from '../locks.ts'
import type { Messages, Ref, VMRecord } from '../records/index.ts'
import { badPowerState, vmObstacle } from '../vm-rules.ts'
import { assertMemoryOrder } from './vm-create.ts'

const set = (call: Call, vm: Ref, fields: Partial<VMRecord>) => {
  call.state.database.update('VM', vm, fields)
}

const assertHalted = (state: State, vm: Ref) => {
  const { power_state } = state.database.get('VM', vm)
  if (power_state !== 'Halted') throw badPowerState(vm, ['Halted'], power_state)
}

const assertNotNegative = (field: string, value: number) => {
  if (value < 0) throw new XapiError('INVALID_VALUE', field, String(value))
}

const memory = (call: Call, vm: Ref, fields: Partial<VMRecord>) => {
  const record = call.state.database.get('VM', vm)
  assertMemoryOrder({ ...record, ...fields })
  set(call, vm, fields)
}

const staticMemory = (call: Call, vm: Ref, fields: Partial<VMRecord>) => {
  assertHalted(call.state, vm)
  memory(call, vm, fields)
}

const nvram = (
  call: Call,
  vm: Ref,
  change: (old: Record<string, string>) => Record<string, string>,
) => {
  assertHalted(call.state, vm)
  set(call, vm, { NVRAM: change(call.state.database.get('VM', vm).NVRAM) })
}

const freeSlots = (used: readonly string[], count: number) =>
  Array.from({ length: count }, (_, i) => String(i)).filter(slot => !used.includes(slot))

type Settings =
  | 'set_actions_after_crash'
  | 'set_domain_type'
  | 'set_HVM_boot_policy'
  | 'set_has_vendor_device'
  | 'set_appliance'
  | 'set_suspend_VDI'
  | 'set_order'
  | 'set_start_delay'
  | 'set_shutdown_delay'
  | 'set_bios_strings'
  | 'set_VCPUs_max'
  | 'set_VCPUs_at_startup'
  | 'set_HVM_shadow_multiplier'
  | 'set_memory'
  | 'set_memory_limits'
  | 'set_memory_static_range'
  | 'set_memory_dynamic_range'
  | 'set_memory_static_min'
  | 'set_memory_static_max'
  | 'set_memory_dynamic_min'
  | 'set_memory_dynamic_max'
  | 'set_ha_always_run'
  | 'set_ha_restart_priority'
  | 'set_NVRAM'
  | 'add_to_NVRAM'
  | 'remove_from_NVRAM'
  | 'update_allowed_operations'
  | 'assert_operation_valid'
  | 'assert_agile'
  | 'get_allowed_VBD_devices'
  | 'get_allowed_VIF_devices'

export const vmSettings: Implementation<Pick<Messages['VM'], Settings>> = {
  set_actions_after_crash: (call, self, value) => set(call, self, { actions_after_crash: value }),
  set_domain_type: (call, self, value) => {
    assertHalted(call.state, self)
    set(call, self, { domain_type: value })
  },
  set_HVM_boot_policy: (call, self, value) =>
    set(call, self, { HVM_boot_policy: value, domain_type: value === '' ? 'pv' : 'hvm' }),
  set_has_vendor_device: (call, self, value) => {
    assertHalted(call.state, self)
    set(call, self, { has_vendor_device: value })
  },
  set_appliance: (call, self, value) => {
    if (value !== NULL_REF) call.state.database.get('VM_appliance', value)
    set(call, self, { appliance: value })
  },
  set_suspend_VDI: (call, self, value) => {
    const { power_state } = call.state.database.get('VM', self)
    if (power_state !== 'Suspended') throw badPowerState(self, ['Suspended'], power_state)
    call.state.database.get('VDI', value)
    set(call, self, { suspend_VDI: value })
  },
  set_order: (call, self, value) => {
    assertNotNegative('order', value)
    set(call, self, { order: value })
  },
  set_start_delay: (call, self, value) => {
    assertNotNegative('start_delay', value)
    set(call, self, { start_delay: value })
  },
  set_shutdown_delay: (call, self, value) => {
    assertNotNegative('shutdown_delay', value)
    set(call, self, { shutdown_delay: value })
  },
  set_bios_strings: (call, self, value) => {
    if (Object.keys(call.state.database.get('VM', self).bios_strings).length > 0)
      throw new XapiError('VM_BIOS_STRINGS_ALREADY_SET')
    set(call, self, { bios_strings: value })
  },
  set_VCPUs_max: (call, self, value) => {
    assertHalted(call.state, self)
    if (value < call.state.database.get('VM', self).VCPUs_at_startup)
      throw new XapiError('INVALID_VALUE', 'VCPUs_max', String(value))
    set(call, self, { VCPUs_max: value })
  },
  set_VCPUs_at_startup: (call, self, value) => {
    assertHalted(call.state, self)
    if (value < 1 || value > call.state.database.get('VM', self).VCPUs_max)
      throw new XapiError('INVALID_VALUE', 'VCPUs_at_startup', String(value))
    set(call, self, { VCPUs_at_startup: value })
  },
  set_HVM_shadow_multiplier: (call, self, value) =>
    set(call, self, { HVM_shadow_multiplier: value }),
  set_memory: (call, self, value) =>
    staticMemory(call, self, {
      memory_static_max: value,
      memory_dynamic_max: value,
      memory_dynamic_min: value,
    }),
  set_memory_limits: (call, self, static_min, static_max, dynamic_min, dynamic_max) =>
    staticMemory(call, self, {
      memory_static_min: static_min,
      memory_static_max: static_max,
      memory_dynamic_min: dynamic_min,
      memory_dynamic_max: dynamic_max,
    }),
  set_memory_static_range: (call, self, min, max) =>
    staticMemory(call, self, { memory_static_min: min, memory_static_max: max }),
  set_memory_dynamic_range: (call, self, min, max) =>
    memory(call, self, { memory_dynamic_min: min, memory_dynamic_max: max }),
  set_memory_static_min: (call, self, value) =>
    staticMemory(call, self, { memory_static_min: value }),
  set_memory_static_max: (call, self, value) =>
    staticMemory(call, self, { memory_static_max: value }),
  set_memory_dynamic_min: (call, self, value) => memory(call, self, { memory_dynamic_min: value }),
  set_memory_dynamic_max: (call, self, value) => memory(call, self, { memory_dynamic_max: value }),
  set_ha_always_run: (call, self, value) => set(call, self, { ha_always_run: value }),
  set_ha_restart_priority: (call, self, value) => {
    if (!['restart', 'best-effort', ''].includes(value))
      throw new XapiError('INVALID_VALUE', 'ha_restart_priority', value)
    set(call, self, { ha_restart_priority: value })
  },
  set_NVRAM: (call, self, value) => nvram(call, self, () => value),
  add_to_NVRAM: (call, self, key, value) =>
    nvram(call, self, old => {
      if (Object.hasOwn(old, key))
        throw new XapiError(
          'MAP_DUPLICATE_KEY',
          'VM',
          'NVRAM',
          call.state.database.get('VM', self).uuid,
          key,
        )
      return { ...old, [key]: value }
    }),
  remove_from_NVRAM: (call, self, key) =>
    nvram(call, self, old => Object.fromEntries(Object.entries(old).filter(([k]) => k !== key))),
  update_allowed_operations: ({ state }, self) => {
    state.database.get('VM', self)
    refreshVm(state, self)
  },
  assert_operation_valid: ({ state }, self, op) => {
    const obstacle = vmObstacle(state, self, op)
    if (obstacle) throw obstacle
  },
  assert_agile: ({ state }, self) => {
    state.database.get('VM', self)
  },
  get_allowed_VBD_devices: ({ state }, vm) =>
    freeSlots(
      state.database.get('VM', vm).VBDs.map(ref => state.database.get('VBD', ref).userdevice),
      255,
    ),
  get_allowed_VIF_devices: ({ state }, vm) =>
    freeSlots(
      state.database.get('VM', vm).VIFs.map(ref => state.database.get('VIF', ref).device),
      7,
    ),
}

/** Setters that the data model generates but XAPI checks. */
export const vmChecks: Record<string, AnyMessage> = {
  // Making a template needs a halted VM; undoing it is always allowed, even on snapshots.
  set_is_a_template: (call, self, value) => {
    const vm = self as Ref
    if (value === true) assertHalted(call.state, vm)
    if (value === true && call.state.database.get('VM', vm).ha_always_run)
      throw new XapiError('VM_IS_PROTECTED', vm)
    set(call, vm, { is_a_template: value as boolean })
    refreshVm(call.state, vm)
  },
}
