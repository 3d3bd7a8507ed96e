import { MemoryNotResumableError } from '#core/errors/restore.ts'
import type { Maker } from '#core/points/marks.ts'
import type { DiskMetadata, MemoryMetadata } from '#core/points/vm-metadata.ts'
import { MEMORY_IMAGE } from '#core/restore/resume.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { VmRecord } from '../xapi/records.ts'
import { createVdi } from './new-vdi.ts'

/** The memory image as a disk that hangs on no device. */
export const memoryDisk = ({ vdiUuid, size }: MemoryMetadata): DiskMetadata => ({
  ...{ vdiUuid, size, name: 'Suspend image', description: 'Suspend image' },
  ...{ sharable: false, readOnly: false, tags: [], vdiOtherConfig: {}, xenstoreData: {} },
  ...{ userdevice: MEMORY_IMAGE, bootable: false, mode: 'RW', unpluggable: false },
  ...{ vbdOtherConfig: {}, qosType: '', qosParams: {} },
})

/**
 * An empty image, which a VM is made suspended with before it is filled.
 * @returns it, and what the record of the VM needs beside it (data model: VM.create)
 */
export const createImage = async (
  xapi: Xapi,
  memory: MemoryMetadata,
  sr: Ref,
  maker: Maker,
): Promise<{ vdi: { ref: Ref; uuid: string }; record: Record<string, unknown> }> => {
  const { size, powerState, lastBootedRecord, lastBootCpuFlags } = memory
  const options = { disk: memoryDisk(memory), size, type: 'suspend' as const }
  const vdi = await createVdi(xapi, options, sr, maker)
  const record = {
    ...{ power_state: powerState, suspend_VDI: vdi.ref },
    ...{ last_booted_record: lastBootedRecord, last_boot_CPU_flags: lastBootCpuFlags },
  }
  return { vdi, record }
}

/** Old releases make every VM halted, whatever the record says. @throws `MEMORY_NOT_RESUMABLE` */
export const assertSuspended = async ({ call }: Xapi, vm: Ref): Promise<void> => {
  const { power_state: state } = await call('VM.get_record', [vm], VmRecord)
  if (state !== 'Suspended')
    throw new MemoryNotResumableError('this release of XenServer makes no suspended VMs')
}

/** What an administrator has to know of a VM that goes on from its memory, or is about to. */
export const memoryNote = (uuid: string, resumed: boolean): string =>
  resumed
    ? 'The VM goes on from the memory of the recovery point: with the clock of then, until its time service sets it, and with connections that are long broken.'
    : `The VM is suspended with the memory of the recovery point: "xe vm-resume uuid=${uuid}" lets it go on, "xe vm-shutdown force=true uuid=${uuid}" gives the memory up.`
