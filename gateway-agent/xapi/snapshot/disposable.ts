import { VmContentDiscardedError } from '#core/errors/xenserver.ts'
import { disposableBecause, isDiscarded } from '#core/site/provisioned-disks.ts'
import { diskSigns, schemeOf } from '../citrix-signs.ts'
import type { VmRecord } from '../records.ts'
import type { AttachedDisk, FoundVm } from '../vms.ts'

const signsOf = ({ vdi, vbd }: AttachedDisk) => ({
  ...diskSigns(vdi, undefined),
  userdevice: vbd.userdevice,
  name: vdi.name_label,
  size: vdi.virtual_size,
})

/** @returns why a disk holds nothing that a restore needs, a clause; `undefined` where it may hold something */
export const disposable = (
  disk: AttachedDisk,
  vm: Pick<VmRecord, 'tags' | 'other_config'>,
): string | undefined => disposableBecause(signsOf(disk), schemeOf(vm))

/** XenServer takes no snapshot of such a VM, and nothing of it would be worth one. @throws `VM_CONTENT_DISCARDED` */
export const assertKeepsContent = ({ record }: FoundVm, disks: readonly AttachedDisk[]): void => {
  if (isDiscarded({ scheme: schemeOf(record), disks: disks.map(signsOf) }))
    throw new VmContentDiscardedError(record.name_label)
}
