import type { State } from '../../state.ts'
import type { Ref } from '../../xapi/records/index.ts'
import { type ExportedClass, exportedClasses } from './exported-classes.ts'

export interface ExportedObject {
  className: ExportedClass
  ref: Ref
}

export interface Related {
  objects: ExportedObject[]
  /** The disks whose data the archive holds: no CDs, and the memory image where it is kept. */
  disks: Ref[]
  /** Every SR with such a disk. */
  srs: Ref[]
}

/** What belongs to a VM and travels with it. */
export function relatedObjects(state: State, vmRef: Ref, preservePowerState: boolean): Related {
  const { database } = state
  const vm = database.get('VM', vmRef)
  const vbds = vm.VBDs.map(ref => database.get('VBD', ref))
  const media = vbds.flatMap(({ VDI, type }) => (database.find('VDI', VDI) ? [{ VDI, type }] : []))
  const suspended =
    preservePowerState && database.find('VDI', vm.suspend_VDI) ? [vm.suspend_VDI] : []
  const srOf = (vdi: Ref) => database.get('VDI', vdi).SR
  const isDisk = ({ VDI, type }: (typeof media)[number]) =>
    type !== 'CD' && database.get('SR', srOf(VDI)).content_type !== 'iso'
  const disks = [...new Set([...media.filter(isDisk).map(({ VDI }) => VDI), ...suspended])]
  const vdis = [...new Set([...media.map(({ VDI }) => VDI), ...suspended])]
  const refs: Record<ExportedClass, Ref[]> = {
    host: [vm.affinity, ...(preservePowerState ? [vm.resident_on] : [])],
    VM: [vmRef],
    VM_metrics: [vm.metrics],
    VM_guest_metrics: [vm.guest_metrics],
    VBD: vm.VBDs,
    VIF: vm.VIFs,
    network: vm.VIFs.map(ref => database.get('VIF', ref).network),
    VDI: vdis,
    SR: vdis.map(srOf),
    VTPM: vm.VTPMs,
  }
  const objects = exportedClasses.flatMap(className =>
    [...new Set(refs[className])]
      .filter(ref => database.find(className, ref))
      .map(ref => ({ className, ref })),
  )
  return { objects, disks, srs: [...new Set(disks.map(srOf))] }
}
