import { z } from 'zod'
import { BootCheckResult, BootCheckSpec } from './boot-check.ts'
import { BackupHostSpec, BackupPoolMetadataSpec, BackupTemplateSpec } from './components.ts'
import { Bytes, NameLabel, Ulid, XenUuid } from './ids.ts'
import { ExcludedDisks, MethodChoice, SnapshotGroup } from './methods.ts'
import { LockPolicy, PointSummary } from './points.ts'
import { Problem } from './problem.ts'
import { FailoverSpec, RejoinSpec, ReplicateSpec, StandbyReport } from './replication.ts'

/** How a host compresses a stream for its way to the gateway. */
export const WireCompression = z.enum(['zstd', 'gzip'])
export type WireCompression = z.infer<typeof WireCompression>

/** Back up one VM into one new recovery point, named by the job's own ULID. */
export const BackupVmSpec = z.strictObject({
  kind: z.literal('backup-vm'),
  poolUuid: XenUuid,
  vmUuid: XenUuid,
  vmName: NameLabel,
  ...MethodChoice.shape,
  excludedDisks: ExcludedDisks.optional(),
  /** The VM's snapshot is taken together with those of others. */
  group: SnapshotGroup.optional(),
  /** Without the lock there is no point. */
  lock: LockPolicy.optional(),
  /** For slow links: disks that have to be read in full come so compressed, in one stream of the whole VM. */
  wire: WireCompression.optional(),
})

/** Restore one VM from one recovery point as a new VM. */
export const RestoreVmSpec = z.strictObject({
  kind: z.literal('restore-vm'),
  poolUuid: XenUuid,
  /** The VM that was backed up. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  pointId: Ulid,
  /** The new VM's name_label. */
  newName: NameLabel,
  /** Where the disks go; the pool's default SR unless told. */
  srUuid: XenUuid.optional(),
  /** Start the VM when its disks are proven. */
  start: z.boolean(),
})

/** What a gateway is asked to do. */
export const JobSpec = z.discriminatedUnion('kind', [
  BackupVmSpec,
  RestoreVmSpec,
  BootCheckSpec,
  BackupPoolMetadataSpec,
  BackupHostSpec,
  BackupTemplateSpec,
  ReplicateSpec,
  FailoverSpec,
  RejoinSpec,
])
export type BackupVmSpec = z.infer<typeof BackupVmSpec>
export type RestoreVmSpec = z.infer<typeof RestoreVmSpec>
export type JobSpec = z.infer<typeof JobSpec>

/** How far a job is. Goes to the catalog, never into execution history. */
export const JobProgress = z.strictObject({
  /** In words a user reads: "taking a snapshot", "reading changed blocks". */
  phase: z.string().max(200),
  /** Work in bytes of disk: what has to be looked at, and what is done. Zero while unknown. */
  bytesTotal: Bytes,
  bytesDone: Bytes,
  bytesRead: Bytes,
  bytesStored: Bytes,
  /** How many disks there are and how many are done. */
  disks: z.strictObject({ total: z.int().nonnegative(), done: z.int().nonnegative() }).optional(),
  /** Some of those under way; never all of 255, so that a heartbeat stays small. */
  underWay: z
    .array(z.strictObject({ userdevice: z.string().max(10), bytesTotal: Bytes, bytesDone: Bytes }))
    .max(8)
    .optional(),
})
export type JobProgress = z.infer<typeof JobProgress>

/** What a restore proved. */
export const RestoreReport = z.strictObject({
  newVmUuid: XenUuid,
  newName: NameLabel,
  started: z.boolean(),
  bytesWritten: Bytes,
  disks: z
    .array(
      z.strictObject({
        vdiUuid: XenUuid,
        userdevice: z.string().max(10),
        size: Bytes,
        /** Digest of what was read from the repository and sent; equal to the point's, or the job fails. */
        rootHash: z.string().max(200),
      }),
    )
    .max(255),
  /** What differs from the VM that was backed up (new MACs, a network that is missing …), one plain sentence each. */
  notes: z.array(z.string().max(500)).max(50),
})
export type RestoreReport = z.infer<typeof RestoreReport>

export const JobOutcome = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('backed-up'),
    point: PointSummary,
    notes: z.array(z.string().max(500)).max(50),
  }),
  z.strictObject({ status: z.literal('restored'), report: RestoreReport }),
  z.strictObject({
    status: z.literal('boot-checked'),
    result: BootCheckResult,
    notes: z.array(z.string().max(500)).max(50),
  }),
  z.strictObject({ status: z.literal('replicated'), report: StandbyReport }),
  z.strictObject({ status: z.literal('failed-over'), report: StandbyReport }),
  z.strictObject({ status: z.literal('rejoined'), report: StandbyReport }),
  z.strictObject({ status: z.literal('skipped'), reason: z.string().max(500) }),
  z.strictObject({ status: z.literal('failed'), problem: Problem }),
  z.strictObject({ status: z.literal('cancelled') }),
])
export type JobOutcome = z.infer<typeof JobOutcome>
