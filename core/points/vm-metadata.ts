import { z } from 'zod'
import { Bytes, Instant, NameLabel, XenUuid } from '../contracts/ids.ts'

const Strings = z.record(z.string(), z.string())

/** A disk as it hung on the VM: fields of VBD and VDI that a restore gives back. `sm_config` is left out on purpose. */
export const DiskMetadata = z.object({
  vdiUuid: XenUuid,
  name: NameLabel,
  description: z.string(),
  size: Bytes,
  srUuid: XenUuid.optional(),
  /** Of the storage repository then, for display: SR.name_label and SR.type. */
  srName: NameLabel.optional(),
  srType: z.string().max(50).optional(),
  /** VDI.on_boot; `persist` where it is not told. */
  onBoot: z.enum(['persist', 'reset']).optional(),
  sharable: z.boolean(),
  readOnly: z.boolean(),
  tags: z.array(z.string()),
  vdiOtherConfig: Strings,
  xenstoreData: Strings,
  userdevice: z.string().max(10),
  bootable: z.boolean(),
  mode: z.enum(['RO', 'RW']),
  unpluggable: z.boolean(),
  vbdOtherConfig: Strings,
  qosType: z.string(),
  qosParams: Strings,
})
export type DiskMetadata = z.infer<typeof DiskMetadata>

/** A network interface; the network is found again by UUID, then by name. */
export const VifMetadata = z.object({
  device: z.string().max(10),
  mac: z.string(),
  mtu: z.string(),
  networkUuid: XenUuid.optional(),
  networkName: NameLabel,
  /** VLAN tags of the network's PIFs; tells networks of one name apart in another pool. */
  vlans: z.array(z.int()).optional(),
  /** network.bridge then. */
  bridge: z.string().max(255).optional(),
  otherConfig: Strings,
  qosType: z.string(),
  qosParams: Strings,
  lockingMode: z.string(),
  ipv4Allowed: z.array(z.string()),
  ipv6Allowed: z.array(z.string()),
})
export type VifMetadata = z.infer<typeof VifMetadata>

/** The memory of a running VM, kept by `VM.checkpoint`: what VM.create needs to make a Suspended VM of it that can be resumed. */
export const MemoryMetadata = z.object({
  /** The point keeps the image as a disk under this UUID. */
  vdiUuid: XenUuid,
  size: Bytes,
  /** VM.power_state of the checkpoint. */
  powerState: z.literal('Suspended'),
  /** VM.last_booted_record and VM.last_boot_CPU_flags: the machine that the memory belongs to. */
  lastBootedRecord: z.string(),
  lastBootCpuFlags: Strings,
})
export type MemoryMetadata = z.infer<typeof MemoryMetadata>

/** All that a faithful restore of a VM needs, beside the content of its disks. Part of the commit record. */
export const VmMetadata = z.object({
  uuid: XenUuid,
  /** The fields of the VM record that VM.create or a setter takes, as XAPI gave them: integers as decimal strings. */
  record: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), Strings]),
  ),
  biosStrings: Strings,
  disks: z.array(DiskMetadata).max(255),
  /** CD drives; `iso` names the image in it, whose content is not kept. */
  cds: z
    .array(
      z.object({
        userdevice: z.string().max(10),
        bootable: z.boolean(),
        iso: z.object({ name: NameLabel, location: z.string() }).optional(),
      }),
    )
    .max(255),
  vifs: z.array(VifMetadata).max(255),
  /** VM.affinity, and VM.appliance (vApp): memberships of this pool, told at a restore. */
  homeServer: z.object({ uuid: XenUuid, name: NameLabel }).optional(),
  appliance: z.object({ uuid: XenUuid, name: NameLabel }).optional(),
  /** In words: virtual GPUs, passed-through PCI and USB devices. */
  hostDevices: z.array(z.string().max(200)).max(50).optional(),
  /** VM.VTPMs: how many. */
  vtpms: z.int().nonnegative(),
  /** Of each: what it holds (VTPM.get_contents, base64), or why that could not be read. */
  vtpmStates: z
    .array(
      z.object({
        isUnique: z.boolean(),
        isProtected: z.boolean(),
        content: z.string().optional(),
        reason: z.string().max(500).optional(),
      }),
    )
    .max(10)
    .optional(),
  /** Snapshots that people or other programs had made of the VM, for display: their content is not kept. */
  snapshots: z
    .array(z.object({ name: NameLabel, taken: Instant }))
    .max(500)
    .optional(),
  /** VM_guest_metrics.os_version, for display. */
  guestOs: Strings,
  /** Where the point has the VM's memory. */
  memory: MemoryMetadata.optional(),
})
export type VmMetadata = z.infer<typeof VmMetadata>
