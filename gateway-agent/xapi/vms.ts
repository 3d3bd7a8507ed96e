import { isXapiError, VmNotFoundError, VmNotProtectableError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from './api.ts'
import {
  NULL_REF,
  RefText,
  VbdRecord,
  VdiRecord,
  type VmRecord as Vm,
  VmRecord,
} from './records.ts'

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
export const findVm = async ({ call }: Xapi, uuid: string): Promise<FoundVm> => {
  const ref = await unlessGone(call('VM.get_by_uuid', [uuid], RefText))
  const record = ref && (await unlessGone(call('VM.get_record', [ref], VmRecord)))
  if (!ref || !record) throw new VmNotFoundError(uuid)
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

/** The disks of a VM, in the order of their slots; CDs left out. */
export const disksOf = async (
  { call }: Xapi,
  { VBDs }: Pick<Vm, 'VBDs'>,
): Promise<AttachedDisk[]> => {
  const disks: AttachedDisk[] = []
  for (const vbdRef of VBDs) {
    const vbd = await unlessGone(call('VBD.get_record', [vbdRef], VbdRecord))
    if (vbd?.type !== 'Disk' || vbd.VDI === NULL_REF) continue
    const vdi = await unlessGone(call('VDI.get_record', [vbd.VDI], VdiRecord))
    if (vdi) disks.push({ vbd, vdiRef: vbd.VDI, vdi })
  }
  return disks.sort((a, b) => Number(a.vbd.userdevice) - Number(b.vbd.userdevice))
}
