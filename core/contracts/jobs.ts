import { z } from 'zod'
import { BootCheckResult, BootCheckSpec } from './boot-check.ts'
import {
  BackupHostSpec,
  BackupPoolMetadataSpec,
  BackupTemplateSpec,
  RehearsePoolRestoreSpec,
} from './components.ts'
import { FailBackSpec } from './fail-back.ts'
import { filesRead, ReadFilesSpec } from './guest-files.ts'
import { componentRestored, guestSpecs } from './guest-jobs.ts'
import { Hooks } from './hooks.ts'
import { Bytes, NameLabel, Ulid, XenUuid } from './ids.ts'
import { repositoryOutcomes, repositorySpecs } from './maintenance.ts'
import { ExcludedDisks, MethodChoice, SnapshotGroup } from './methods.ts'
import { LockPolicy, PointSummary, SiteMark } from './points.ts'
import { Problem } from './problem.ts'
import { FailoverSpec, RejoinSpec, ReplicateSpec, StandbyReport } from './replication.ts'
import { RestoreReport, RestoreVmSpec } from './restore.ts'
import { RestoreNewDisksReport, RestoreNewDisksSpec } from './restore-new-disks.ts'
import { programRan, RunProgramSpec } from './run-programs.ts'
import { ReadSitePlanSpec } from './site-plan-recall.ts'
import { SealSitePointSpec } from './site-points.ts'
import { TestFailoverSpec } from './test-failover.ts'

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
  hooks: Hooks.optional(),
  /** The policy that asks for it, whose retention the point is under. */
  policyId: Ulid.optional(),
  site: SiteMark.optional(),
  /** For slow links: disks that have to be read in full come so compressed, in one stream of the whole VM. */
  wire: WireCompression.optional(),
})

/** What a gateway is asked to do. */
export const JobSpec = z.discriminatedUnion('kind', [
  ...repositorySpecs,
  ReadFilesSpec,
  BackupVmSpec,
  RestoreVmSpec,
  RestoreNewDisksSpec,
  BootCheckSpec,
  BackupPoolMetadataSpec,
  BackupHostSpec,
  BackupTemplateSpec,
  RehearsePoolRestoreSpec,
  ReplicateSpec,
  FailoverSpec,
  TestFailoverSpec,
  FailBackSpec,
  RejoinSpec,
  RunProgramSpec,
  ...guestSpecs,
  SealSitePointSpec,
  ReadSitePlanSpec,
])
export type BackupVmSpec = z.infer<typeof BackupVmSpec>
export type JobSpec = z.infer<typeof JobSpec>
/** Work for the repository itself; `read-files` and `read-site-plan` are for what lies in it; work in a guest is done by the agent there; all other jobs are about a VM, or another object, of one pool. */
export type RepositoryJobSpec = z.infer<(typeof repositorySpecs)[number]>
export type GuestJobSpec = z.infer<(typeof guestSpecs)[number]>
export type PoolJobSpec = Exclude<
  JobSpec,
  RepositoryJobSpec | ReadFilesSpec | ReadSitePlanSpec | GuestJobSpec
>

/** How far a job is. Goes to the catalog, never into execution history. */
export const JobProgress = z.strictObject({
  /** In words a user reads: "taking a snapshot", "reading changed blocks". */
  phase: z.string().max(200),
  /** Work in bytes of disk: what has to be looked at, and what is done. Zero while unknown. */
  bytesTotal: Bytes,
  bytesDone: Bytes,
  /** Of `bytesDone`: what an earlier attempt had done already. Older gateways do not tell. */
  bytesResumed: Bytes.optional(),
  bytesRead: Bytes,
  bytesStored: Bytes,
  /** How many disks there are and how many are done. */
  disks: z.strictObject({ total: z.int().nonnegative(), done: z.int().nonnegative() }).optional(),
  /** Some of those under way; never all of 255, so that a heartbeat stays small. */
  underWay: z
    .array(z.strictObject({ userdevice: z.string().max(10), bytesTotal: Bytes, bytesDone: Bytes }))
    .max(8)
    .optional(),
  /** Of a restore of a component: the steps of its recipe, as far as they have numbers. */
  steps: z
    .array(
      z.strictObject({
        number: z.int().positive(),
        does: z.string().max(200),
        state: z.enum(['done', 'now', 'to-come']),
      }),
    )
    .max(100)
    .optional(),
})
export type JobProgress = z.infer<typeof JobProgress>

export const JobOutcome = z.discriminatedUnion('status', [
  ...repositoryOutcomes,
  z.strictObject({
    status: z.literal('backed-up'),
    point: PointSummary,
    notes: z.array(z.string().max(500)).max(50),
  }),
  z.strictObject({ status: z.literal('restored'), report: RestoreReport }),
  z.strictObject({ status: z.literal('disks-restored'), report: RestoreNewDisksReport }),
  z.strictObject({
    status: z.literal('boot-checked'),
    result: BootCheckResult,
    notes: z.array(z.string().max(500)).max(50),
  }),
  z.strictObject({ status: z.literal('replicated'), report: StandbyReport }),
  z.strictObject({ status: z.literal('failed-over'), report: StandbyReport }),
  z.strictObject({ status: z.literal('rejoined'), report: StandbyReport }),
  programRan,
  filesRead,
  componentRestored,
  /** What a restore would do, where only that was asked for: one plain sentence each, in the order of the work. */
  z.strictObject({ status: z.literal('planned'), steps: z.array(z.string().max(500)).max(200) }),
  z.strictObject({ status: z.literal('skipped'), reason: z.string().max(500) }),
  z.strictObject({ status: z.literal('failed'), problem: Problem }),
  z.strictObject({
    status: z.literal('cancelled'),
    /** What was left as it should not be. */
    notes: z.array(z.string().max(500)).max(50).optional(),
  }),
])
export type JobOutcome = z.infer<typeof JobOutcome>
