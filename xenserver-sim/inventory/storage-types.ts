/** How a kind of storage repository keeps disks. */
export interface StorageType {
  readonly description: string
  readonly shared: boolean
  readonly deviceConfig: Readonly<Record<string, string>>
  readonly format: 'vhd' | 'qcow2' | 'raw'
  /** VDI.sm_config of its disks. */
  readonly smConfig: Readonly<Record<string, string>>
  readonly cbt: boolean
  /** bytes */
  readonly largestDisk: number
}

const GIB = 1024 ** 3
const VHD = {
  format: 'vhd',
  smConfig: { vdi_type: 'vhd' },
  cbt: true,
  largestDisk: 2040 * GIB,
} as const

/** By SR.type. Limits and formats follow the documentation of the drivers; `zfs-vol` stands for all that keep raw volumes. */
export const storageTypes = {
  nfs: {
    ...VHD,
    description: 'NFS SR [nas.example:/export/xen]',
    shared: true,
    deviceConfig: { server: 'nas.example', serverpath: '/export/xen' },
  },
  ext: {
    ...VHD,
    description: 'Local ext SR',
    shared: false,
    deviceConfig: { device: '/dev/sda3' },
  },
  lvm: {
    ...VHD,
    description: 'Local LVM SR',
    shared: false,
    deviceConfig: { device: '/dev/sda3' },
  },
  lvmoiscsi: {
    ...VHD,
    description: 'iSCSI SR [san.example (iqn.2001-05.example:xen)]',
    shared: true,
    deviceConfig: {
      target: 'san.example',
      targetIQN: 'iqn.2001-05.example:xen',
      SCSIid: '36001405',
    },
  },
  gfs2: {
    description: 'GFS2 SR',
    shared: true,
    deviceConfig: { provider: 'iscsi', SCSIid: '36001405' },
    format: 'qcow2',
    smConfig: {},
    cbt: true,
    largestDisk: 16 * 1024 * GIB,
  },
  'zfs-vol': {
    description: 'Raw volumes',
    shared: false,
    deviceConfig: { device: '/dev/sdb' },
    format: 'raw',
    smConfig: {},
    cbt: false,
    largestDisk: 64 * 1024 * GIB,
  },
} as const satisfies Record<string, StorageType>

export type StorageTypeName = keyof typeof storageTypes

export const storageTypeNames = Object.keys(storageTypes) as StorageTypeName[]

/** @param type SR.type; what is no repository for disks keeps them as the default one does */
export const storageType = (type: string): StorageType =>
  storageTypeNames.includes(type as StorageTypeName)
    ? storageTypes[type as StorageTypeName]
    : storageTypes.nfs
