import type { RestoreWishes } from '../contracts/restore.ts'
import { RestoreNoSuchPartError, RestoreRequestError } from '../errors/restore.ts'

interface Disk {
  vdiUuid: string
  userdevice: string
  name: string
}

const isNamed = ({ vdiUuid, userdevice }: Disk, name: string): boolean =>
  name === userdevice || name === vdiUuid

/** @throws `RESTORE_NO_SUCH_PART` where no disk of the point, or more than one, is called so */
const findDisk = <T extends Disk>(disks: readonly T[], wish: string): T => {
  const byId = disks.filter(disk => isNamed(disk, wish))
  const found = byId.length > 0 ? byId : disks.filter(({ name }) => name === wish)
  const [disk] = found
  if (!disk || found.length > 1)
    throw new RestoreNoSuchPartError(
      found.length > 1 ? `single disk "${wish}"` : `disk "${wish}"`,
      disks.map(({ userdevice, name }) => `${userdevice} ("${name}")`),
    )
  return disk
}

/**
 * The disks of a point that are asked for, in the order of the point; all of them unless told.
 * @throws `RESTORE_NO_SUCH_PART`, `RESTORE_REQUEST` where storage is named for a disk that is not asked for
 */
export const chooseDisks = <T extends Disk>(
  disks: readonly T[],
  { disks: wished, diskSrs = {} }: Pick<RestoreWishes, 'disks' | 'diskSrs'>,
): T[] => {
  if (!wished) return [...disks]
  const chosen = new Set(wished.map(wish => findDisk(disks, wish)))
  const beside = disks.find(
    disk => !chosen.has(disk) && Object.keys(diskSrs).some(name => isNamed(disk, name)),
  )
  if (beside)
    throw new RestoreRequestError(
      `a storage repository is named for disk ${beside.userdevice}, which is not among those to restore`,
    )
  return disks.filter(disk => chosen.has(disk))
}
