import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import type { Messages, Ref, VMApplianceRecord } from '../records/index.ts'
import { vmPower } from './vm-power.ts'

type Work = (vm: Ref) => unknown

/** VMs in ascending order (descending for shutdowns), one after the other; what failed is told at the end. */
const eachVm = async ({ state }: Call, self: Ref, direction: 1 | -1, work: Work) => {
  const order = (vm: Ref) => state.database.get('VM', vm).order
  const vms = [...state.database.get('VM_appliance', self).VMs].sort(
    (a, b) => direction * (order(a) - order(b)),
  )
  const failed: Ref[] = []
  for (const vm of vms) await Promise.resolve(work(vm)).catch(() => failed.push(vm))
  if (failed.length > 0) throw new XapiError('OPERATION_PARTIALLY_FAILED', 'start', ...failed)
}

export const vmAppliance: Implementation<Messages['VM_appliance']> = {
  create: ({ state }, args) => {
    const { name_label = '', name_description = '' } = args as Partial<VMApplianceRecord>
    return state.database.create('VM_appliance', {
      name_label,
      name_description,
      allowed_operations: ['start', 'clean_shutdown', 'hard_shutdown', 'shutdown'],
    })
  },
  destroy: ({ state }, self) => {
    for (const vm of state.database.get('VM_appliance', self).VMs)
      state.database.update('VM', vm, { appliance: 'OpaqueRef:NULL' })
    state.database.remove('VM_appliance', self)
  },
  start: (call, self, paused) =>
    eachVm(call, self, 1, vm => vmPower.start?.(call, vm, paused, false)),
  clean_shutdown: (call, self) => eachVm(call, self, -1, vm => vmPower.clean_shutdown?.(call, vm)),
  hard_shutdown: (call, self) => eachVm(call, self, -1, vm => vmPower.hard_shutdown?.(call, vm)),
  shutdown: (call, self) => eachVm(call, self, -1, vm => vmPower.shutdown?.(call, vm)),
}
