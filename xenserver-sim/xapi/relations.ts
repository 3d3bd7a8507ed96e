import type { ClassName } from './records/index.ts'

/** A reference whose other side is a set that the database keeps: `VBD.VM` fills `VM.VBDs`. */
export interface Relation {
  readonly from: ClassName
  readonly field: string
  readonly to: ClassName
  readonly set: string
}

const relation = (from: ClassName, field: string, to: ClassName, set: string): Relation => ({
  from,
  field,
  to,
  set,
})

export const relations: readonly Relation[] = [
  relation('VBD', 'VM', 'VM', 'VBDs'),
  relation('VBD', 'VDI', 'VDI', 'VBDs'),
  relation('VIF', 'VM', 'VM', 'VIFs'),
  relation('VIF', 'network', 'network', 'VIFs'),
  relation('VTPM', 'VM', 'VM', 'VTPMs'),
  relation('VGPU', 'VM', 'VM', 'VGPUs'),
  relation('VUSB', 'VM', 'VM', 'VUSBs'),
  relation('VDI', 'SR', 'SR', 'VDIs'),
  relation('VDI', 'snapshot_of', 'VDI', 'snapshots'),
  relation('PBD', 'SR', 'SR', 'PBDs'),
  relation('PBD', 'host', 'host', 'PBDs'),
  relation('PIF', 'host', 'host', 'PIFs'),
  relation('PIF', 'network', 'network', 'PIFs'),
  relation('Certificate', 'host', 'host', 'certificates'),
  relation('VM', 'resident_on', 'host', 'resident_VMs'),
  relation('VM', 'snapshot_of', 'VM', 'snapshots'),
  relation('VM', 'parent', 'VM', 'children'),
  relation('VM', 'appliance', 'VM_appliance', 'VMs'),
  relation('VM', 'snapshot_schedule', 'VMSS', 'VMs'),
  relation('task', 'subtask_of', 'task', 'subtasks'),
]
