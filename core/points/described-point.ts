import { ComponentSubject } from './component-subject.ts'
import { componentName } from './component-summary.ts'
import { ImageSubject } from './image-subject.ts'
import { SiteSubject } from './site-subject.ts'
import { PointSubject } from './subject.ts'
import { vmName } from './summary.ts'
import { TreeSubject } from './tree-subject.ts'

/** Of what the repository hands out, the part that is described. */
export interface Describable {
  id: string
  vmUuid: string
  created: number
  disks: readonly { id: string; size: number }[]
  streams?: readonly { id: string; size: number }[]
  subject: unknown
}

/** A point with what its commit record says of it. */
export type DescribedPoint<P extends Describable = Describable> = {
  point: P
  name: string
  taken: number
} & (
  | { kind: 'vm'; subject: PointSubject }
  | { kind: 'image'; subject: ImageSubject }
  /** It has no disks: its streams are a tree of files. */
  | { kind: 'file-tree'; subject: TreeSubject }
  /** Its "disks" are streams under their own names. */
  | { kind: 'component'; subject: ComponentSubject | SiteSubject }
  /** Made by something that this version does not know: its disks can be read all the same. */
  | { kind: 'unknown' }
)

export const describePoint = <P extends Describable>(point: P): DescribedPoint<P> => {
  const image = ImageSubject.safeParse(point.subject)
  if (image.success) {
    const { name, taken } = image.data
    return { kind: 'image', point, name, taken, subject: image.data }
  }
  const tree = TreeSubject.safeParse(point.subject)
  if (tree.success) {
    const { name, taken } = tree.data
    return { kind: 'file-tree', point, name, taken, subject: tree.data }
  }
  const component = ComponentSubject.safeParse(point.subject)
  if (component.success) {
    const { data: subject } = component
    return { kind: 'component', point, name: componentName(subject), taken: subject.taken, subject }
  }
  const site = SiteSubject.safeParse(point.subject)
  if (site.success) {
    const { data: subject } = site
    return { kind: 'component', point, name: subject.name, taken: subject.taken, subject }
  }
  const vm = PointSubject.safeParse(point.subject)
  if (vm.success)
    return { kind: 'vm', point, name: vmName(vm.data), taken: vm.data.taken, subject: vm.data }
  return { kind: 'unknown', point, name: point.vmUuid, taken: point.created }
}

export interface DescribedDisk {
  id: string
  /** XenServer's number of the disk on its VM; `0` for an image */
  device: string
  name: string
  /** bytes */
  size: number
}

/** The disks of a point in the order of their numbers. */
export const disksOf = (described: DescribedPoint): DescribedDisk[] =>
  described.point.disks
    .map(({ id, size }, index) => {
      if (described.kind === 'component') return { id, size, device: String(index), name: id }
      if (described.kind !== 'vm') return { id, size, device: String(index), name: described.name }
      const about = described.subject.disks.find(({ vdiUuid }) => vdiUuid === id)
      return { id, size, device: about?.userdevice ?? '', name: about?.name ?? id }
    })
    .sort((a, b) => Number(a.device) - Number(b.device))

/** @returns bytes of one disk, or of all where none is named */
export const describedSize = (described: DescribedPoint, wanted: string | undefined): number =>
  disksOf(described)
    .filter(({ id, device }) => wanted === undefined || id === wanted || device === wanted)
    .reduce((sum, { size }) => sum + size, 0)
