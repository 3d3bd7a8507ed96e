import { XapiError } from '#core/errors/xenserver.ts'
import type { VifMetadata } from '#core/points/vm-metadata.ts'
import type { VifPlan } from '#core/restore/networks.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { RefText } from '../../xapi/records.ts'

const vifRecord = (vm: Ref, network: Ref, { vif, mac }: VifPlan) => ({
  device: vif.device,
  network,
  VM: vm,
  MAC: mac,
  MTU: vif.mtu,
  other_config: vif.otherConfig,
  qos_algorithm_type: vif.qosType,
  qos_algorithm_params: vif.qosParams,
})

const lockingOf = ({ lockingMode, ipv4Allowed, ipv6Allowed }: VifMetadata) =>
  lockingMode === 'network_default'
    ? {}
    : { locking_mode: lockingMode, ipv4_allowed: ipv4Allowed, ipv6_allowed: ipv6Allowed }

/** @returns what differs from the plan, one sentence each */
export const createVifs = async (
  { call }: Xapi,
  vm: Ref,
  vifs: readonly VifPlan[],
  suspended = false,
): Promise<string[]> => {
  const notes: string[] = []
  for (const plan of vifs) {
    const { vif } = plan
    const network = await call('network.get_by_uuid', [plan.networkUuid], RefText)
    // A guest that is going to be resumed has it already.
    const attached = suspended && { currently_attached: true }
    const record = { ...vifRecord(vm, network, plan), ...attached }
    try {
      await call('VIF.create', [{ ...record, ...lockingOf(vif) }], RefText)
    } catch (error) {
      // Locking of switch ports is licensed; without it the interface still works.
      if (!(error instanceof XapiError) || error.code !== 'XAPI_LICENCE') throw error
      await call('VIF.create', [record], RefText)
      notes.push(`The locking mode of network interface ${vif.device} needs a licence.`)
    }
  }
  return notes
}
