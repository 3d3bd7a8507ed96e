import { z } from 'zod'
import { MemoryNotResumableError } from '#core/errors/restore.ts'
import type { Maker } from '#core/points/marks.ts'
import type { DiskMetadata, MemoryMetadata } from '#core/points/vm-metadata.ts'
import { MEMORY_IMAGE } from '#core/restore/resume.ts'
import type { ImportedImage } from '#disk-formats/xva/vm-only.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { RefText, VdiRecord, VmRecord } from '../../xapi/records.ts'
import { createVdi } from './new-vdi.ts'

/** The memory image as a disk that hangs on no device. */
export const memoryDisk = ({ vdiUuid, size }: MemoryMetadata): DiskMetadata => ({
  ...{ vdiUuid, size, name: 'Suspend image', description: 'Suspend image' },
  ...{ sharable: false, readOnly: false, tags: [], vdiOtherConfig: {}, xenstoreData: {} },
  ...{ userdevice: MEMORY_IMAGE, bootable: false, mode: 'RW', unpluggable: false },
  ...{ vbdOtherConfig: {}, qosType: '', qosParams: {} },
})

export interface MemoryImage {
  vdi: { ref: Ref; uuid: string }
  /** What the record of a suspended VM needs beside its suspend_VDI (data model: VM.create). */
  record: { power_state: string; last_booted_record: string; last_boot_CPU_flags: Strings }
}

type Strings = Record<string, string>

/** An empty image, which is filled like a disk. */
export const createImage = async (
  xapi: Xapi,
  memory: MemoryMetadata,
  sr: Ref,
  maker: Maker,
): Promise<MemoryImage> => {
  const { size, powerState, lastBootedRecord, lastBootCpuFlags } = memory
  const options = { disk: memoryDisk(memory), size, type: 'suspend' as const }
  const vdi = await createVdi(xapi, options, sr, maker)
  const record = {
    ...{ power_state: powerState, last_booted_record: lastBootedRecord },
    last_boot_CPU_flags: lastBootCpuFlags,
  }
  return { vdi, record }
}

const LocatedVdi = VdiRecord.extend({ location: z.string() })

/** The image as an import of records names it. */
export const importedImage = async (
  { call }: Xapi,
  { vdi: { ref, uuid } }: MemoryImage,
): Promise<ImportedImage> => {
  const { location, SR, virtual_size: size } = await call('VDI.get_record', [ref], LocatedVdi)
  return { uuid, location, size, srUuid: await call('SR.get_uuid', [SR], RefText) }
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
