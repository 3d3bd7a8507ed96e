import type { DiskMetadata, VifMetadata, VmMetadata } from '#core/points/vm-metadata.ts'

/** A UUID that ends in `n`. */
export const uuidOf = (n: number): string =>
  `11111111-2222-4333-8444-${String(n).padStart(12, '0')}`

export const diskMetadata = (n: number, more: Partial<DiskMetadata> = {}): DiskMetadata => ({
  vdiUuid: uuidOf(n),
  name: `disk ${n}`,
  description: '',
  size: 8 * 1024 * 1024,
  srUuid: uuidOf(900),
  sharable: false,
  readOnly: false,
  tags: [],
  vdiOtherConfig: {},
  xenstoreData: {},
  userdevice: String(n),
  bootable: n === 0,
  mode: 'RW',
  unpluggable: true,
  vbdOtherConfig: {},
  qosType: '',
  qosParams: {},
  ...more,
})

export const vifMetadata = (more: Partial<VifMetadata> = {}): VifMetadata => ({
  device: '0',
  mac: '02:00:00:00:00:01',
  mtu: '1500',
  networkUuid: uuidOf(800),
  networkName: 'LAN',
  otherConfig: {},
  qosType: '',
  qosParams: {},
  lockingMode: 'network_default',
  ipv4Allowed: [],
  ipv6Allowed: [],
  ...more,
})

/** A VM as a point describes it: two disks, a CD drive, an interface. */
export const vmMetadata = (more: Partial<VmMetadata> = {}): VmMetadata => ({
  uuid: uuidOf(500),
  record: {
    name_label: 'db <01> & "co"',
    name_description: 'line 1\nline 2',
    memory_static_max: '4294967296',
    memory_dynamic_max: '4294967296',
    memory_dynamic_min: '4294967296',
    memory_static_min: '1073741824',
    VCPUs_max: '4',
    VCPUs_at_startup: '2',
    HVM_boot_policy: 'BIOS order',
    HVM_boot_params: { order: 'cdn', firmware: 'uefi' },
    HVM_shadow_multiplier: 1,
    platform: { viridian: 'true' },
    other_config: { owner: 'Anna', 'xenkeep:job': 'x' },
    tags: ['db'],
  },
  biosStrings: { 'bios-vendor': 'Xen' },
  disks: [diskMetadata(0), diskMetadata(1)],
  cds: [{ userdevice: '3', bootable: false }],
  vifs: [vifMetadata()],
  vtpms: 0,
  guestOs: {},
  ...more,
})
