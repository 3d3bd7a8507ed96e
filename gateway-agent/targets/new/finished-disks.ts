import { z } from 'zod'
import { type Maker, RESTORED_TAG } from '#core/points/marks.ts'
import type { Xapi } from '../../xapi/api.ts'
import { makerOf } from '../../xapi/ours.ts'
import { RefText, recordsOf, VdiRecord } from '../../xapi/records.ts'

/** A disk that was restored without a VM and is complete. */
export interface NewDisk {
  /** UUID of the VDI that was backed up. */
  of: string
  vdiUuid: string
  name: string
  srName: string
  bytesWritten: number
}

const Mark = z.object({
  vdiUuid: z.string(),
  jobId: z.string(),
  disk: z.string(),
  bytesWritten: z.int(),
})

const markOn = (text: string | undefined) => {
  try {
    return Mark.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}

/** Unfinished ones do not count, nor do snapshots and copies, which carry the mark of the disk they were made of. */
export const finishedBy = async (
  { call }: Xapi,
  { jobId }: Pick<Maker, 'jobId'>,
): Promise<NewDisk[]> => {
  const found: NewDisk[] = []
  const vdis = await call('VDI.get_all_records', [], recordsOf(VdiRecord))
  for (const vdi of Object.values(vdis)) {
    const mark = markOn(vdi.other_config[RESTORED_TAG])
    if (mark?.jobId !== jobId || mark.vdiUuid !== vdi.uuid || makerOf(vdi)) continue
    const srName = await call('SR.get_name_label', [vdi.SR], RefText)
    const { disk: of, bytesWritten } = mark
    found.push({ of, vdiUuid: vdi.uuid, name: vdi.name_label, srName, bytesWritten })
  }
  return found
}
