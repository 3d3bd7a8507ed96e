import type { InventoryPool, InventoryVm } from '#core/contracts/gateway-api.ts'
import type { Ref, Xapi } from './api.ts'
import { diskSigns, pvsInterfaces, schemeOf, sharedBases } from './citrix-signs.ts'
import {
  HostMetricsRecord,
  HostRecord,
  NetworkRecord,
  NULL_REF,
  PoolRecord,
  recordsOf,
  SrRecord,
  VbdRecord,
  VdiRecord,
  VmRecord,
} from './records.ts'

interface Tables {
  vms: Record<Ref, VmRecord>
  vbds: Record<Ref, VbdRecord>
  vdis: Record<Ref, VdiRecord>
  hostNames: Map<Ref, string>
  /** By VDI. */
  bases: ReadonlyMap<Ref, string>
  pvsVifs: ReadonlySet<Ref>
}

const inventoryVm = (
  vm: VmRecord,
  { vbds, vdis, hostNames, bases, pvsVifs }: Tables,
): InventoryVm => {
  const disks: InventoryVm['disks'] = []
  for (const ref of vm.VBDs) {
    const vbd = vbds[ref]
    const vdi = vbd && vdis[vbd.VDI]
    if (vbd?.type !== 'Disk' || !vdi) continue
    disks.push({
      vdiUuid: vdi.uuid,
      userdevice: vbd.userdevice,
      name: vdi.name_label,
      size: vdi.virtual_size,
      cbt: vdi.cbt_enabled,
      ...diskSigns(vdi, bases.get(vbd.VDI)),
    })
  }
  const host = hostNames.get(vm.resident_on)
  const scheme = schemeOf(vm)
  return {
    uuid: vm.uuid,
    name: vm.name_label,
    description: vm.name_description.slice(0, 5_000),
    powerState: vm.power_state,
    tags: vm.tags.slice(0, 200),
    ...(host !== undefined && { host }),
    disks: disks.sort((a, b) => Number(a.userdevice) - Number(b.userdevice)),
    ...(scheme !== undefined && { scheme }),
    ...(vm.VIFs.some(vif => pvsVifs.has(vif)) && { pvsProxy: true }),
  }
}

/** VMs that a policy may protect: no templates, snapshots or control domains. */
const isOrdinary = (vm: VmRecord): boolean =>
  !vm.is_a_template && !vm.is_a_snapshot && !vm.is_control_domain

/** Templates that people made: neither XenServer's own nor snapshots, which are flagged as templates too. */
const isCustomTemplate = (vm: VmRecord): boolean =>
  vm.is_a_template &&
  !vm.is_a_snapshot &&
  vm.is_default_template !== true &&
  vm.other_config.default_template !== 'true'

/** What the pool holds, for the control plane and for people. Nine calls, however large the pool is. */
export const readInventory = async (xapi: Xapi): Promise<InventoryPool> => {
  const { call } = xapi
  const pools = await call('pool.get_all_records', [], recordsOf(PoolRecord))
  const hosts = await call('host.get_all_records', [], recordsOf(HostRecord))
  const metrics = await call('host_metrics.get_all_records', [], recordsOf(HostMetricsRecord))
  const srs = await call('SR.get_all_records', [], recordsOf(SrRecord))
  const networks = await call('network.get_all_records', [], recordsOf(NetworkRecord))
  const vms = await call('VM.get_all_records', [], recordsOf(VmRecord))
  const vbds = await call('VBD.get_all_records', [], recordsOf(VbdRecord))
  const vdis = await call('VDI.get_all_records', [], recordsOf(VdiRecord))
  const tables: Tables = {
    ...{ vms, vbds, vdis },
    bases: sharedBases(Object.values(vms).filter(isOrdinary), vbds, vdis),
    pvsVifs: await pvsInterfaces(xapi),
    hostNames: new Map(Object.entries(hosts).map(([ref, { name_label }]) => [ref, name_label])),
  }
  const [pool] = Object.values(pools)
  const coordinator = hosts[pool?.master ?? NULL_REF]
  const { product_brand = 'XenServer', product_version = '' } = coordinator?.software_version ?? {}
  return {
    uuid: pool?.uuid ?? '',
    // A pool of one host has no name of its own.
    name: pool?.name_label || coordinator?.name_label || '',
    version: `${product_brand} ${product_version}`.trim(),
    hosts: Object.values(hosts).map(host => ({
      uuid: host.uuid,
      name: host.name_label,
      live: metrics[host.metrics]?.live ?? false,
    })),
    srs: Object.entries(srs)
      .filter(([, { content_type }]) => content_type !== 'iso')
      .map(([ref, sr]) => ({
        uuid: sr.uuid,
        name: sr.name_label,
        type: sr.type,
        size: Math.max(0, sr.physical_size),
        used: Math.max(0, sr.physical_utilisation),
        isDefault: ref === pool?.default_SR,
      })),
    networks: Object.values(networks)
      .slice(0, 1_000)
      .map(({ uuid, name_label }) => ({ uuid, name: name_label })),
    vms: Object.values(tables.vms)
      .filter(isOrdinary)
      .map(vm => inventoryVm(vm, tables)),
    templates: Object.values(tables.vms)
      .filter(isCustomTemplate)
      .map(vm => inventoryVm(vm, tables)),
  }
}
