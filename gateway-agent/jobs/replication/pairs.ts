import type { PointDisk } from '#repository/index.ts'
import type { Standby } from '../../targets/standby/standby.ts'
import type { KnownPoint } from '../choose-base.ts'

/** A disk of the standby, what it holds, and what it is to hold. */
export interface Pair {
  vdiRef: string
  userdevice: string
  name: string
  heldId: string
  wanted: PointDisk
}

/**
 * The sizes that count are those of the points: storage may have made the disk larger than it was asked to.
 * @param held what the standby holds; where that cannot be read, its disks have to be of the very size
 * @returns undefined where the newer point has other disks, or of another size
 */
export const pairsOf = (
  standby: Standby,
  held: KnownPoint | undefined,
  { point, subject }: KnownPoint,
): Pair[] | undefined => {
  const wanted = subject.vm.disks.flatMap(disk => {
    const stored = point.disks.find(({ id }) => id === disk.vdiUuid)
    return stored ? [{ userdevice: disk.userdevice, name: disk.name, stored }] : []
  })
  if (wanted.length !== standby.mark.disks.length) return undefined
  const pairs = wanted.flatMap(({ userdevice, name, stored }): Pair[] => {
    const mark = standby.mark.disks.find(disk => disk.userdevice === userdevice)
    const disk = standby.disks.find(({ vbd }) => vbd.userdevice === userdevice)
    if (!mark || !disk || disk.vdi.virtual_size < stored.size) return []
    const before = held
      ? held.point.disks.find(({ id }) => id === mark.diskId)?.size
      : disk.vdi.virtual_size
    if (before !== stored.size) return []
    return [{ vdiRef: disk.vdiRef, userdevice, name, heldId: mark.diskId, wanted: stored }]
  })
  return pairs.length === wanted.length ? pairs : undefined
}
