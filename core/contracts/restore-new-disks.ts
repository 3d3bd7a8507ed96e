import { z } from 'zod'
import { Bytes, NameLabel, Ulid, XenUuid } from './ids.ts'
import { RestoreWishes } from './restore.ts'

/** Restore single disks of one recovery point as new VDIs, attached to nothing or to a VM that is there. */
export const RestoreNewDisksSpec = z.strictObject({
  kind: z.literal('restore-new-disks'),
  poolUuid: XenUuid,
  /** The VM that was backed up. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
  /** name_label of the new VDI, where it is one; made from the old name unless told. */
  newName: NameLabel.optional(),
  srUuid: XenUuid.optional(),
  /** Which disks, and where they go. */
  wishes: RestoreWishes.pick({
    disks: true,
    sr: true,
    diskSrs: true,
    attachTo: true,
    planOnly: true,
  }).required({ disks: true }),
})
export type RestoreNewDisksSpec = z.infer<typeof RestoreNewDisksSpec>

/** Where a restored disk hangs. */
export const DiskAttachment = z.strictObject({
  vmUuid: XenUuid,
  vmName: NameLabel,
  /** VBD.userdevice there. */
  userdevice: z.string().max(10),
  /** The guest has it now. */
  plugged: z.boolean(),
})
export type DiskAttachment = z.infer<typeof DiskAttachment>

/** What a restore of single disks proved. */
export const RestoreNewDisksReport = z.strictObject({
  bytesWritten: Bytes,
  disks: z
    .array(
      z.strictObject({
        vdiUuid: XenUuid,
        name: NameLabel,
        srName: NameLabel,
        /** Of the disk in the recovery point. */
        userdevice: z.string().max(10),
        size: Bytes,
        /** Digest of what was read from the repository and sent; equal to the point's, or the job fails. */
        rootHash: z.string().max(200),
        attached: DiskAttachment.optional(),
      }),
    )
    .max(255),
  notes: z.array(z.string().max(500)).max(50),
})
export type RestoreNewDisksReport = z.infer<typeof RestoreNewDisksReport>
