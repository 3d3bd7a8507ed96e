import { z } from 'zod'
import { NameLabel, XenUuid } from './ids.ts'
import { LockPolicy } from './points.ts'

/** What every job on a part of a pool that is no VM says. Its points are found under the UUID of that part. */
const component = {
  poolUuid: XenUuid,
  /** Of the pool, host or template itself: what a VM's UUID is to the job of a VM. */
  vmUuid: XenUuid,
  /** Its name_label. */
  vmName: NameLabel,
  /** Without the lock there is no point. */
  lock: LockPolicy.optional(),
}

/** Save the database of a pool, and the records of all its VMs, as one recovery point. */
export const BackupPoolMetadataSpec = z.strictObject({
  kind: z.literal('backup-pool-metadata'),
  ...component,
})

/** Save the archive of one host's control domain and the facts that rebuild the host, as one recovery point. */
export const BackupHostSpec = z.strictObject({ kind: z.literal('backup-host'), ...component })

/** Save one custom template with its disks as one recovery point. */
export const BackupTemplateSpec = z.strictObject({
  kind: z.literal('backup-template'),
  ...component,
})

export type BackupPoolMetadataSpec = z.infer<typeof BackupPoolMetadataSpec>
export type BackupHostSpec = z.infer<typeof BackupHostSpec>
export type BackupTemplateSpec = z.infer<typeof BackupTemplateSpec>
