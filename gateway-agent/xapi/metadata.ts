import { z } from 'zod'
import { XapiError } from '#core/errors/xenserver.ts'
import { withoutStandbyBlocks } from '#core/points/marks.ts'
import type { DiskMetadata, VifMetadata, VmMetadata } from '#core/points/vm-metadata.ts'
import type { Ref, Xapi } from './api.ts'
import { makerOf } from './ours.ts'
import {
  GuestMetricsRecord,
  NetworkRecord,
  NULL_REF,
  PifRecord,
  Refs,
  type VbdRecord,
  VdiRecord,
  VifRecord,
  VmRecord,
} from './records.ts'
import { type AttachedDisk, disksOf, findVm, unlessGone, vbdsOf } from './vms.ts'

/**
 * VM fields that a restore gives back, through VM.create or a setter. Left out on purpose: identity (uuid,
 * generation_id), references to this pool's objects, and run-time state.
 */
const KEPT =
  `name_label name_description user_version is_a_template memory_static_max memory_dynamic_max
memory_dynamic_min memory_static_min VCPUs_params VCPUs_max VCPUs_at_startup actions_after_softreboot
actions_after_shutdown actions_after_reboot actions_after_crash PV_bootloader PV_kernel PV_ramdisk PV_args
PV_bootloader_args PV_legacy_args HVM_boot_policy HVM_boot_params HVM_shadow_multiplier platform PCI_bus other_config
recommendations xenstore_data ha_restart_priority tags blocked_operations start_delay shutdown_delay order
hardware_platform_version version has_vendor_device reference_label domain_type NVRAM`.split(/\s+/)

const Kept = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.array(z.string()),
  z.record(z.string(), z.string()),
])

const keptFields = (record: VmRecord): VmMetadata['record'] => {
  const kept: VmMetadata['record'] = {}
  for (const field of KEPT) {
    const value = Kept.safeParse(record[field])
    if (value.success) kept[field] = value.data
  }
  return kept
}

const SrFacts = z.looseObject({ uuid: z.string(), name_label: z.string(), type: z.string() })

type SrFacts = z.infer<typeof SrFacts>

/** Asked once for each storage repository: what a reference stands for never changes, and a name is for display. */
const srFacts = new WeakMap<Xapi, Map<string, SrFacts>>()

const factsOfSr = async (xapi: Xapi, ref: string): Promise<SrFacts | undefined> => {
  const known = srFacts.get(xapi) ?? new Map<string, SrFacts>()
  srFacts.set(xapi, known)
  const facts = known.get(ref) ?? (await unlessGone(xapi.call('SR.get_record', [ref], SrFacts)))
  if (facts) known.set(ref, facts)
  return facts
}

const diskMetadata = async (xapi: Xapi, { vbd, vdi }: AttachedDisk): Promise<DiskMetadata> => {
  const sr = await factsOfSr(xapi, vdi.SR)
  return {
    vdiUuid: vdi.uuid,
    name: vdi.name_label,
    description: vdi.name_description,
    size: vdi.virtual_size,
    ...(sr && { srUuid: sr.uuid, srName: sr.name_label, srType: sr.type.slice(0, 50) }),
    ...(vdi.on_boot === 'reset' && { onBoot: 'reset' as const }),
    sharable: vdi.sharable,
    readOnly: vdi.read_only,
    tags: vdi.tags,
    vdiOtherConfig: vdi.other_config,
    xenstoreData: vdi.xenstore_data,
    userdevice: vbd.userdevice,
    bootable: vbd.bootable,
    mode: vbd.mode,
    unpluggable: vbd.unpluggable,
    vbdOtherConfig: vbd.other_config,
    qosType: vbd.qos_algorithm_type,
    qosParams: vbd.qos_algorithm_params,
  }
}

/** All interfaces of a network bear the same tag, one for each host: the first that is still there tells it. */
const vlansOf = async (call: Xapi['call'], pifs: readonly string[]): Promise<number[]> => {
  for (const ref of pifs) {
    const pif = await unlessGone(call('PIF.get_record', [ref], PifRecord))
    if (pif) return [pif.VLAN]
  }
  return []
}

const vifsOf = async ({ call }: Xapi, { VIFs }: VmRecord): Promise<VifMetadata[]> => {
  const vifs: VifMetadata[] = []
  for (const ref of VIFs) {
    const vif = await unlessGone(call('VIF.get_record', [ref], VifRecord))
    if (!vif) continue
    const network = await unlessGone(call('network.get_record', [vif.network], NetworkRecord))
    const vlans = await vlansOf(call, network?.PIFs ?? [])
    vifs.push({
      device: vif.device,
      mac: vif.MAC,
      mtu: vif.MTU,
      ...(network && { networkUuid: network.uuid }),
      networkName: network?.name_label ?? '',
      vlans,
      ...(network?.bridge && { bridge: network.bridge.slice(0, 255) }),
      otherConfig: vif.other_config,
      qosType: vif.qos_algorithm_type,
      qosParams: vif.qos_algorithm_params,
      lockingMode: vif.locking_mode,
      ipv4Allowed: vif.ipv4_allowed,
      ipv6Allowed: vif.ipv6_allowed,
    })
  }
  return vifs.sort((a, b) => Number(a.device) - Number(b.device))
}

const Iso = VdiRecord.extend({ location: z.string() })

const cdsOf = async ({ call }: Xapi, vbds: readonly VbdRecord[]): Promise<VmMetadata['cds']> => {
  const cds: VmMetadata['cds'] = []
  for (const vbd of vbds) {
    if (vbd.type !== 'CD') continue
    const vdi =
      vbd.VDI === NULL_REF ? undefined : await unlessGone(call('VDI.get_record', [vbd.VDI], Iso))
    const iso = vdi && { name: vdi.name_label, location: vdi.location }
    cds.push({ userdevice: vbd.userdevice, bootable: vbd.bootable, ...(iso && { iso }) })
  }
  return cds
}

const Named = z.looseObject({ uuid: z.string(), name_label: z.string() })

const namedObject = async ({ call }: Xapi, className: string, ref: unknown) => {
  if (typeof ref !== 'string' || ref === NULL_REF) return undefined
  const record = await unlessGone(call(`${className}.get_record`, [ref], Named))
  return record && { uuid: record.uuid, name: record.name_label }
}

/** Devices of a host: they cannot be saved, only told of. */
const hostDevicesOf = (record: VmRecord): string[] =>
  (
    [
      ['VGPUs', 'A virtual GPU'],
      ['attached_PCIs', 'A passed-through PCI device'],
      ['VUSBs', 'A passed-through USB device'],
    ] as const
  ).flatMap(([field, words]) => (Refs.safeParse(record[field]).data ?? []).map(() => words))

const Vtpm = z.looseObject({ is_unique: z.boolean(), is_protected: z.boolean() })

/** What virtual TPMs hold: XAPI tells it to its local superuser only, so a refusal is part of the point. */
const vtpmStatesOf = async (
  { call }: Xapi,
  { VTPMs }: VmRecord,
): Promise<Pick<VmMetadata, 'vtpmStates'>> => {
  if (VTPMs.length === 0) return {}
  const states: NonNullable<VmMetadata['vtpmStates']> = []
  for (const ref of VTPMs.slice(0, 10)) {
    const vtpm = await unlessGone(call('VTPM.get_record', [ref], Vtpm))
    if (!vtpm) continue
    const { is_unique: isUnique, is_protected: isProtected } = vtpm
    try {
      const content = await call('VTPM.get_contents', [ref], z.string())
      states.push({ isUnique, isProtected, content })
    } catch (error) {
      if (!(error instanceof XapiError)) throw error
      const reason = `Its content could not be read: ${error.message}`.slice(0, 500)
      states.push({ isUnique, isProtected, reason })
    }
  }
  return { vtpmStates: states }
}

/** Snapshots that are not ours, for display. */
const snapshotsOf = async (
  { call }: Xapi,
  { snapshots }: VmRecord,
  ours: Ref | undefined,
): Promise<Pick<VmMetadata, 'snapshots'>> => {
  const told: NonNullable<VmMetadata['snapshots']> = []
  for (const ref of snapshots.filter(one => one !== ours).slice(0, 500)) {
    const snapshot = await unlessGone(call('VM.get_record', [ref], VmRecord))
    if (snapshot && !makerOf(snapshot))
      told.push({ name: snapshot.name_label, taken: snapshot.snapshot_time })
  }
  return told.length > 0 ? { snapshots: told } : {}
}

/**
 * All that a faithful restore of a VM needs beside the content of its disks. Read it while the snapshot is taken.
 * @param ours the snapshot of this backup, which is not told of, so it need not be asked about
 * @throws `VM_NOT_FOUND`
 */
export const readVmMetadata = async (
  xapi: Xapi,
  vmUuid: string,
  ours?: Ref,
): Promise<VmMetadata> => {
  const { ref, record } = await findVm(xapi, vmUuid)
  const vbds = await vbdsOf(xapi, ref)
  const disks: DiskMetadata[] = []
  for (const disk of await disksOf(xapi, record, vbds)) disks.push(await diskMetadata(xapi, disk))
  const guest =
    record.guest_metrics === NULL_REF
      ? undefined
      : await unlessGone(
          xapi.call('VM_guest_metrics.get_record', [record.guest_metrics], GuestMetricsRecord),
        )
  const homeServer = await namedObject(xapi, 'host', record.affinity)
  const appliance = await namedObject(xapi, 'VM_appliance', record.appliance)
  return {
    uuid: vmUuid,
    record: keptFields({
      ...record,
      blocked_operations: withoutStandbyBlocks(record.blocked_operations),
    }),
    biosStrings: record.bios_strings,
    disks,
    cds: await cdsOf(xapi, vbds),
    vifs: await vifsOf(xapi, record),
    ...(homeServer && { homeServer }),
    ...(appliance && { appliance }),
    hostDevices: hostDevicesOf(record).slice(0, 50),
    vtpms: record.VTPMs.length,
    ...(await vtpmStatesOf(xapi, record)),
    ...(await snapshotsOf(xapi, record, ours)),
    guestOs: guest?.os_version ?? {},
  }
}
