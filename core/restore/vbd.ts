import type { DiskMetadata } from '../points/vm-metadata.ts'

/** How a disk hangs on its VM, in XAPI's words; the references are the caller's. */
export const vbdOfDisk = (disk: DiskMetadata, vm: string, vdi: string) => ({
  VM: vm,
  VDI: vdi,
  userdevice: disk.userdevice,
  bootable: disk.bootable,
  mode: disk.mode,
  type: 'Disk',
  unpluggable: disk.unpluggable,
  empty: false,
  other_config: disk.vbdOtherConfig,
  qos_algorithm_type: disk.qosType,
  qos_algorithm_params: disk.qosParams,
})
