import { isXapiError, RestoreTargetError } from '#core/errors/xenserver.ts'
import { type Maker, markOf, unfinishedName, withoutMarks } from '#core/points/marks.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import { rawFrames } from '#disk-formats/raw-frames.ts'
import { VHD_MAX_SIZE } from '#disk-formats/vhd/format.ts'
import { vhdImage } from '#disk-formats/vhd/image.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { setMapKeys } from '../../xapi/other-config.ts'
import { JOB_TAG, SELF_TAG } from '../../xapi/ours.ts'
import { RefText, VdiRecord } from '../../xapi/records.ts'
import { untilDetached } from '../../xapi/release-disk.ts'
import type { WriteDiskOptions } from '../api.ts'

/** VHD imports above it were broken before XenServer 7.6 (reference 13), and VHD ends at 2,040 GiB; frames know no limit. */
const LARGEST_BY_VHD = 1024 ** 4

/** @returns the error to throw: storage that keeps VHD refuses larger disks as of an invalid size */
const explained = (error: unknown, size: number, name: string): unknown =>
  size > VHD_MAX_SIZE && isXapiError(error, 'SR_BACKEND_FAILURE_79')
    ? new RestoreTargetError(
        `the disk "${name}" has ${size} bytes; a disk in VHD format ends at 2040 GiB, and this storage keeps no other`,
        error,
      )
    : error

/** `suspend`: the memory of a VM. */
type VdiType = 'user' | 'suspend'

/**
 * Creates an empty disk that bears the unfinished name until the restore is complete. Never with `sm_config`.
 * @throws `RESTORE_TARGET` where the storage cannot hold it
 */
export const createVdi = async (
  xapi: Xapi,
  { disk, size, type = 'user' }: Pick<WriteDiskOptions, 'disk'> & { size: number; type?: VdiType },
  sr: Ref,
  maker: Maker,
): Promise<{ ref: Ref; uuid: string }> => {
  const ref = await xapi
    .call(
      'VDI.create',
      [
        {
          name_label: unfinishedName(maker),
          name_description: disk.description,
          SR: sr,
          virtual_size: String(size),
          type,
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
    .catch(error => {
      throw explained(error, size, disk.name)
    })
  const { uuid, virtual_size: made } = await xapi.call('VDI.get_record', [ref], VdiRecord)
  await setMapKeys(xapi, 'VDI.other_config', ref, { [SELF_TAG]: uuid })
  if (made < size)
    throw new RestoreTargetError(`the storage made a disk of ${made} bytes for ${size}`)
  return { ref, uuid }
}

/**
 * Fills a new, empty disk, or with `onTop` writes over what is there, through `PUT /import_raw_vdi`, as VHD or, large ones, in frames: only blocks with content travel.
 * @param host address of the host to write through; the coordinator says where to unless told
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
  host?: string,
): Promise<number> => {
  const inFrames = content.size > LARGEST_BY_VHD
  const image = inFrames ? rawFrames(content) : vhdImage(content, { differencing: onTop })
  const format = inFrames ? { format: 'raw', chunked: 'true' } : { format: 'vhd' }
  await xapi.upload('/import_raw_vdi', {
    query: { vdi, ...format },
    what: `import of the disk "${disk.name}"`,
    length: image.length,
    body: image.stream(signal, onProgress),
    signal,
    settled: () => untilDetached(xapi, vdi),
    firstHost: host,
  })
  return image.payload
}
