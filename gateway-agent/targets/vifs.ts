import { XapiError } from '#core/errors/xenserver.ts'
import type { VifMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { NetworkRecord, RefText, recordsOf } from '../xapi/records.ts'

type Networks = Record<Ref, { uuid: string; name_label: string }>

/** By UUID where it is the same pool, else by name. */
const networkFor = (networks: Networks, { networkUuid, networkName }: VifMetadata) => {
  const all = Object.entries(networks)
  return (all.find(([, { uuid }]) => uuid === networkUuid) ??
    all.find(([, { name_label }]) => name_label === networkName))?.[0]
}

const vifRecord = (vm: Ref, network: Ref, vif: VifMetadata) => ({
  device: vif.device,
  network,
  VM: vm,
  // Empty: XAPI derives a new one, since the VM that was backed up may still run.
  MAC: '',
  MTU: vif.mtu,
  other_config: vif.otherConfig,
  qos_algorithm_type: vif.qosType,
  qos_algorithm_params: vif.qosParams,
})

const lockingOf = ({ lockingMode, ipv4Allowed, ipv6Allowed }: VifMetadata) =>
  lockingMode === 'network_default'
    ? {}
    : { locking_mode: lockingMode, ipv4_allowed: ipv4Allowed, ipv6_allowed: ipv6Allowed }

/** @returns what differs from the VM that was backed up, one sentence each */
export const createVifs = async (
  { call }: Xapi,
  vm: Ref,
  { vifs }: VmMetadata,
): Promise<string[]> => {
  if (vifs.length === 0) return []
  const notes = ['The network interfaces have new MAC addresses.']
  const networks = await call('network.get_all_records', [], recordsOf(NetworkRecord))
  for (const vif of vifs) {
    const network = networkFor(networks, vif)
    if (network === undefined) {
      notes.push(
        `Network interface ${vif.device} is left out: the pool has no network "${vif.networkName}".`,
      )
      continue
    }
    const record = vifRecord(vm, network, vif)
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
