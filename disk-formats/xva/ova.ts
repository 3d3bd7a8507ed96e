import { randomUUID } from 'node:crypto'
import type { DiskMetadata, VifMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import { vbdOfDisk } from '#core/restore/vbd.ts'
import { planVm } from '#core/restore/vm.ts'
import { BLANK, NULL_REF, type XapiRecord } from './blank-records.ts'
import { xmlValue } from './xml-value.ts'

/** The oldest release that writes checksums beside chunks, since importers refuse what is newer than themselves. */
export const OVA_VERSION = {
  hostname: '',
  date: '',
  product_version: '6.0.0',
  product_brand: 'XenServer',
  build_number: '',
  xapi_major: { int: 1 },
  xapi_minor: { int: 3 },
  export_vsn: { int: 2 },
}

/** Numbers of the objects begin here: with equally many digits the order of the text is the order of the numbers. */
const FIRST = 1_000

/** Stands for the storage of disks whose own is not known any more. */
const NO_SR = 'unknown'

export interface Ova {
  xml: string
  /** Directory of each disk, by its VDI's UUID, in the order in which they stand in the archive. */
  directories: ReadonlyMap<string, string>
  /** What the archive does not carry, one sentence each. */
  notes: string[]
}

/**
 * ova.xml of a VM as a point describes it: what a host writes at `/export`, with MAC addresses and UUIDs as they were; the
 * importer decides (`restore`) whether it keeps them.
 * @param sizes bytes of the disks that the archive holds, by the VDI's UUID; others of the VM are left out
 */
export const buildOva = (vm: VmMetadata, sizes: ReadonlyMap<string, number>): Ova => {
  const ids = new Map<string, string>()
  const objects: { class: keyof typeof BLANK; id: string; snapshot: XapiRecord }[] = []
  const idOf = (key: string): string => {
    const id = ids.get(key) ?? `Ref:${FIRST + ids.size}`
    ids.set(key, id)
    return id
  }
  const add = (className: keyof typeof BLANK, key: string, record: XapiRecord): string => {
    const id = idOf(key)
    objects.push({ class: className, id, snapshot: { ...BLANK[className], ...record } })
    return id
  }

  const disks = vm.disks.filter(({ vdiUuid }) => sizes.has(vdiUuid))
  // The first chunk of the archive is the unit of gaps: the largest disk, whose first chunk is whole, must come first.
  const bySize = disks.toSorted((a, b) => sizeOf(sizes, b) - sizeOf(sizes, a))
  const directories = new Map(bySize.map(({ vdiUuid }) => [vdiUuid, idOf(`VDI ${vdiUuid}`)]))
  const vmId = idOf('VM')
  const srId = ({ srUuid }: { srUuid?: string | undefined }) => idOf(`SR ${srUuid ?? NO_SR}`)

  const vbds = [
    ...disks.map(disk => ({
      key: `VBD ${disk.userdevice}`,
      record: vbdOfDisk(disk, vmId, idOf(`VDI ${disk.vdiUuid}`)),
    })),
    ...vm.cds.map(cd => ({
      key: `VBD ${cd.userdevice}`,
      record: cdVbd(cd, vmId, cd.iso ? idOf(`ISO ${cd.iso.location}`) : NULL_REF),
    })),
  ]
  const vifs = vm.vifs.map(vif => ({
    key: `VIF ${vif.device}`,
    record: vifRecord(vif, vmId, idOf(networkKey(vif))),
  }))
  const { plan, notes } = planVm(vm)
  add('VM', 'VM', {
    ...(plan.record as XapiRecord),
    uuid: vm.uuid,
    other_config: plan.otherConfig,
    blocked_operations: plan.blockedOperations,
    bios_strings: vm.biosStrings,
    VBDs: vbds.map(({ key }) => idOf(key)),
    VIFs: vifs.map(({ key }) => idOf(key)),
  })
  for (const { key, record } of vbds) add('VBD', key, { uuid: randomUUID(), ...record })
  for (const { key, record } of vifs) add('VIF', key, { uuid: randomUUID(), ...record })
  for (const vif of firstOf(vm.vifs, networkKey))
    add('network', networkKey(vif), {
      uuid: vif.networkUuid ?? randomUUID(),
      name_label: vif.networkName,
      MTU: vif.mtu,
    })
  for (const disk of disks)
    add('VDI', `VDI ${disk.vdiUuid}`, vdiRecord(disk, sizeOf(sizes, disk), srId(disk)))
  const isos = firstOf(
    vm.cds.flatMap(({ iso }) => iso ?? []),
    ({ location }) => location,
  )
  for (const { name, location } of isos)
    add('VDI', `ISO ${location}`, {
      uuid: randomUUID(),
      name_label: name,
      location,
      virtual_size: '0',
      read_only: true,
      SR: idOf('SR of ISO images'),
    })
  for (const disk of firstOf(disks, ({ srUuid }) => srUuid ?? NO_SR))
    add('SR', `SR ${disk.srUuid ?? NO_SR}`, { uuid: disk.srUuid ?? randomUUID() })
  if (isos.length > 0)
    add('SR', 'SR of ISO images', { uuid: randomUUID(), content_type: 'iso', type: 'iso' })
  return { xml: xmlValue({ version: OVA_VERSION, objects }), directories, notes }
}

const sizeOf = (sizes: ReadonlyMap<string, number>, { vdiUuid }: DiskMetadata): number =>
  sizes.get(vdiUuid) ?? 0

const networkKey = ({ networkUuid, networkName }: VifMetadata): string =>
  `network ${networkUuid ?? networkName}`

const firstOf = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.toReversed().map(item => [key(item), item])).values(),
]

const cdVbd = (cd: VmMetadata['cds'][number], vm: string, vdi: string): XapiRecord => ({
  VM: vm,
  VDI: vdi,
  userdevice: cd.userdevice,
  bootable: cd.bootable,
  mode: 'RO',
  type: 'CD',
  unpluggable: true,
  empty: vdi === NULL_REF,
})

const vifRecord = (vif: VifMetadata, vm: string, network: string): XapiRecord => ({
  VM: vm,
  network,
  device: vif.device,
  MAC: vif.mac,
  MTU: vif.mtu,
  other_config: vif.otherConfig,
  qos_algorithm_type: vif.qosType,
  qos_algorithm_params: vif.qosParams,
  locking_mode: vif.lockingMode,
  ipv4_allowed: vif.ipv4Allowed,
  ipv6_allowed: vif.ipv6Allowed,
})

/** `sm_config` belongs to the storage it came from. */
const vdiRecord = (disk: DiskMetadata, size: number, sr: string): XapiRecord => ({
  uuid: disk.vdiUuid,
  SR: sr,
  name_label: disk.name,
  name_description: disk.description,
  virtual_size: String(size),
  sharable: disk.sharable,
  read_only: disk.readOnly,
  tags: disk.tags,
  other_config: disk.vdiOtherConfig,
  xenstore_data: disk.xenstoreData,
  location: disk.vdiUuid,
})
