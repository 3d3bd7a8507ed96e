import { ComponentSubject } from '#core/points/component-subject.ts'
import { componentName } from '#core/points/component-summary.ts'
import { ImageSubject } from '#core/points/image-subject.ts'
import { PointSubject } from '#core/points/subject.ts'
import { vmName } from '#core/points/summary.ts'
import type { Point } from '#repository/index.ts'

/** A point with what its commit record says of it. */
export type DescribedPoint = { point: Point; name: string; taken: number } & (
  | { kind: 'vm'; subject: PointSubject }
  | { kind: 'image'; subject: ImageSubject }
  /** Its "disks" are streams under their own names. */
  | { kind: 'component'; subject: ComponentSubject }
  /** Made by something that this version does not know: its disks can be read all the same. */
  | { kind: 'unknown' }
)

export const describePoint = (point: Point): DescribedPoint => {
  const image = ImageSubject.safeParse(point.subject)
  if (image.success) {
    const { name, taken } = image.data
    return { kind: 'image', point, name, taken, subject: image.data }
  }
  const component = ComponentSubject.safeParse(point.subject)
  if (component.success) {
    const { data: subject } = component
    return { kind: 'component', point, name: componentName(subject), taken: subject.taken, subject }
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
