import { isXapiError, VmNotFoundError, VmNotProtectableError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from './api.ts'
import { recordsWhere } from './query.ts'
import { NULL_REF, VbdRecord, VdiRecord, type VmRecord as Vm, VmRecord } from './records.ts'

export interface FoundVm {
  ref: Ref
  record: Vm
}

/** A disk as it hangs on a VM. */
export interface AttachedDisk {
  vbd: VbdRecord
  vdiRef: Ref
  vdi: VdiRecord
}

/** @returns undefined where the object is gone: references vanish between list and read */
export const unlessGone = async <T>(reading: Promise<T>): Promise<T | undefined> => {
  try {
    return await reading
  } catch (error) {
    if (isXapiError(error, 'HANDLE_INVALID', 'UUID_INVALID', 'OBJECT_NOLONGER_EXISTS'))
      return undefined
    throw error
  }
}

/** @throws `VM_NOT_FOUND` */
export const findVm = async (xapi: Xapi, uuid: string): Promise<FoundVm> => {
  const [found] = await recordsWhere(xapi, 'VM', 'uuid', uuid, VmRecord)
  if (!found) throw new VmNotFoundError(uuid)
  const [ref, record] = found
  return { ref, record }
}

/** @throws `VM_NOT_PROTECTABLE` for templates, snapshots and control domains */
export const assertProtectable = ({ record }: FoundVm): void => {
  const why = record.is_control_domain
    ? 'it is the control domain of a host'
    : record.is_a_snapshot
      ? 'it is a snapshot'
      : record.is_a_template
        ? 'it is a template'
        : undefined
  if (why) throw new VmNotProtectableError(record.name_label, why)
}

/** All that hangs on a VM, CDs included, in one call. */
export const vbdsOf = async (xapi: Xapi, vm: Ref): Promise<VbdRecord[]> =>
  (await recordsWhere(xapi, 'VBD', 'VM', vm, VbdRecord)).map(([, vbd]) => vbd)

const vbdsOneByOne = async ({ call }: Xapi, { VBDs }: Pick<Vm, 'VBDs'>): Promise<VbdRecord[]> => {
  const vbds: VbdRecord[] = []
  for (const ref of VBDs) {
    const vbd = await unlessGone(call('VBD.get_record', [ref], VbdRecord))
    if (vbd) vbds.push(vbd)
  }
  return vbds
}

/**
 * The disks of a VM, in the order of their slots; CDs left out.
 * @param vbds where they have been read already
 */
export const disksOf = async (
  xapi: Xapi,
  vm: Pick<Vm, 'VBDs'>,
  vbds?: readonly VbdRecord[],
): Promise<AttachedDisk[]> => {
  const disks: AttachedDisk[] = []
  for (const vbd of vbds ?? (await vbdsOneByOne(xapi, vm))) {
    if (vbd.type !== 'Disk' || vbd.VDI === NULL_REF) continue
    const vdi = await unlessGone(xapi.call('VDI.get_record', [vbd.VDI], VdiRecord))
    if (vdi) disks.push({ vbd, vdiRef: vbd.VDI, vdi })
  }
  return disks.sort((a, b) => Number(a.vbd.userdevice) - Number(b.vbd.userdevice))
}
