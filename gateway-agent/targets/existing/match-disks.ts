import type { RestoreWishes } from '#core/contracts/restore.ts'
import { DiskMismatchError } from '#core/errors/restore.ts'
import { RestoreTargetError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { DiskNeed } from '#core/restore/storage.ts'
import type { Xapi } from '../../xapi/api.ts'
import { type AttachedDisk, assertProtectable, disksOf, findVm } from '../../xapi/vms.ts'
import { guardOff } from '../shut-down.ts'

export interface OverwriteVmOptions extends Maker {
  vmUuid: string
  /** The disks of the point that are written. */
  disks: readonly DiskNeed[]
  /** Those that were not asked for. */
  left?: readonly DiskNeed[]
  wishes: RestoreWishes
  signal: AbortSignal
}

/**
 * The disk itself, else the one in its place, where that is not another disk of the point: two would be written into one.
 * @throws `DISK_MISMATCH`
 */
const matchDisk = (
  { vdiUuid, userdevice, size }: DiskNeed,
  live: readonly AttachedDisk[],
  needs: readonly DiskNeed[],
): AttachedDisk => {
  const found =
    live.find(({ vdi }) => vdi.uuid === vdiUuid) ??
    live.find(
      ({ vbd, vdi }) =>
        vbd.userdevice === userdevice && !needs.some(need => need.vdiUuid === vdi.uuid),
    )
  if (!found) throw new DiskMismatchError(userdevice, 'the VM has no such disk')
  if (found.vdi.virtual_size !== size)
    throw new DiskMismatchError(
      userdevice,
      `it has ${size} bytes, and that of the VM has ${found.vdi.virtual_size}`,
    )
  return found
}

/** The VM, and which of its disks are written. @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `DISK_MISMATCH`, `RESTORE_TARGET`, `VM_RUNS` */
export const look = async (
  xapi: Xapi,
  { vmUuid, disks, left = [], wishes }: OverwriteVmOptions,
) => {
  const vm = await findVm(xapi, vmUuid)
  assertProtectable(vm)
  const live = await disksOf(xapi, vm.record)
  const all = [...disks, ...left]
  const matched = new Map(disks.map(need => [need.vdiUuid, matchDisk(need, live, all)]))
  const shared = live.find(({ vdi }) => vdi.sharable)
  if (shared)
    throw new RestoreTargetError(
      `the disk "${shared.vdi.name_label}" of "${vm.record.name_label}" is shared, so its state cannot be kept safe by a snapshot`,
    )
  guardOff(vm, wishes)
  const others = live
    .filter(disk => ![...matched.values()].includes(disk))
    .map(({ vbd, vdi }) => ({
      name: vdi.name_label,
      asked: !left.some(({ vdiUuid, userdevice }) =>
        [vdi.uuid, vbd.userdevice].some(id => id === vdiUuid || id === userdevice),
      ),
    }))
  return { vm, live, matched, others }
}
