import { z } from 'zod'
import { NameLabel, Ulid, XenUuid } from './ids.ts'
import { LockPolicy, SiteMark } from './points.ts'

/** What every job on a part of a pool that is no VM says. Its points are found under the UUID of that part. */
const component = {
  poolUuid: XenUuid,
  /** Of the pool, host or template itself: what a VM's UUID is to the job of a VM. */
  vmUuid: XenUuid,
  /** Its name_label. */
  vmName: NameLabel,
  /** Without the lock there is no point. */
  lock: LockPolicy.optional(),
  /** The policy that asks for it, whose retention the point is under. */
  policyId: Ulid.optional(),
  site: SiteMark.optional(),
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

/** Ask a pool whether it would take the database of a recovery point. Changes nothing: the real thing reboots the host. */
export const RehearsePoolRestoreSpec = z.strictObject({
  kind: z.literal('rehearse-pool-restore'),
  /** Which pool is asked. */
  poolUuid: XenUuid,
  /** The pool that was backed up. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
})

export type RehearsePoolRestoreSpec = z.infer<typeof RehearsePoolRestoreSpec>
export type BackupPoolMetadataSpec = z.infer<typeof BackupPoolMetadataSpec>
export type BackupHostSpec = z.infer<typeof BackupHostSpec>
export type BackupTemplateSpec = z.infer<typeof BackupTemplateSpec>
