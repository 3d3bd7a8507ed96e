import { RestoreTargetError } from '#core/errors/xenserver.ts'
import { type Maker, markOf, unfinishedName, withoutMarks } from '#core/points/marks.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import { VHD_MAX_SIZE } from '#disk-formats/vhd/format.ts'
import { vhdImage } from '#disk-formats/vhd/image.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { setMapKeys } from '../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../xapi/ours.ts'
import { RefText, VdiRecord } from '../xapi/records.ts'
import { untilDetached } from '../xapi/release-disk.ts'
import type { WriteDiskOptions } from './api.ts'

/** @throws `RESTORE_TARGET` for a disk that no VHD can hold */
const assertFits = (size: number, name: string): void => {
  if (size <= VHD_MAX_SIZE) return
  throw new RestoreTargetError(
    `the disk "${name}" has ${size} bytes, and a VHD disk ends at 2040 GiB`,
  )
}

/** Creates an empty disk that bears the unfinished name until the restore is complete. Never with `sm_config`. */
export const createVdi = async (
  xapi: Xapi,
  { disk, content }: Pick<WriteDiskOptions, 'disk' | 'content'>,
  sr: Ref,
  maker: Maker,
): Promise<{ ref: Ref; uuid: string }> => {
  assertFits(content.size, disk.name)
  const ref = await xapi.call(
    'VDI.create',
    [
      {
        name_label: unfinishedName(maker),
        name_description: disk.description,
        SR: sr,
        virtual_size: String(content.size),
        type: 'user',
        sharable: disk.sharable,
        read_only: false,
        other_config: { ...withoutMarks(disk.vdiOtherConfig), [JOB_TAG]: markOf(maker) },
        xenstore_data: disk.xenstoreData,
        tags: disk.tags,
      },
    ],
    RefText,
    { timeout: 10 * 60_000 }, // thick storage prepares the whole disk
  )
  const { uuid, virtual_size: size } = await xapi.call('VDI.get_record', [ref], VdiRecord)
  await setMapKeys(xapi, 'VDI.other_config', ref, { [SELF_TAG]: uuid })
  if (size < content.size)
    throw new RestoreTargetError(`the storage made a disk of ${size} bytes for ${content.size}`)
  return { ref, uuid }
}

/**
 * Fills a new, empty disk, or with `onTop` writes over what is there, through `PUT /import_raw_vdi?format=vhd`: only blocks with content travel.
 * @returns bytes of disk written
 */
export const writeVdi = async (
  xapi: Xapi,
  vdi: Ref,
  content: DiskContent,
  {
    disk,
    signal,
    onProgress,
    onTop = false,
  }: Pick<WriteDiskOptions, 'signal' | 'onProgress'> & { disk: { name: string }; onTop?: boolean },
): Promise<number> => {
  const image = vhdImage(content, { differencing: onTop })
  await xapi.upload('/import_raw_vdi', {
    query: { vdi, format: 'vhd' },
    what: `import of the disk "${disk.name}"`,
    length: image.length,
    body: image.stream(signal, onProgress),
    signal,
    settled: () => untilDetached(xapi, vdi),
  })
  return image.payload
}
