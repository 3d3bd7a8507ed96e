import { z } from 'zod'
import { BootCheckRequest } from './boot-check.ts'
import { BackUpComponentRequest, RestoreComponentRequest } from './component-runs.ts'
import { UnreachablePool } from './gateway-api.ts'
import { LookAtFilesRequest } from './guest-files.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { JobOutcome, JobProgress, JobSpec, WireCompression } from './jobs.ts'
import { MaintenanceRequest } from './maintenance.ts'
import { ExcludedDisks, MethodChoice, WhenOneFails } from './methods.ts'
import { LockPolicy, PointSummary } from './points.ts'
import { Problem } from './problem.ts'
import { ReplicatedStatus } from './replicated-points.ts'
import { RestoreWishes } from './restore.ts'
import { Role } from './routes/route.ts'
import { RecallSitePlanRequest } from './site-plan-recall.ts'

export const JobState = z.enum(['queued', 'leased', 'finished'])

/** A job as people see it. */
export const JobView = z.strictObject({
  jobId: Ulid,
  spec: JobSpec,
  state: JobState,
  /** How often it was given to a gateway. */
  attempts: z.int().nonnegative(),
  /** When that was last, when it ended, and the gateway by its name of today. */
  begun: Instant.optional(),
  finished: Instant.optional(),
  gateway: NameLabel.optional(),
  progress: JobProgress.optional(),
  /** When the progress was told. */
  progressAt: Instant.optional(),
  /** Smoothed over about half a minute; left out, as what follows from it, while nothing honest can be said. */
  bytesPerSecond: z.int().nonnegative().optional(),
  secondsLeft: z.int().nonnegative().optional(),
  outcome: JobOutcome.optional(),
  /** One line of plain words: what happened and why. */
  line: z.string().max(1_000),
})
export type JobView = z.infer<typeof JobView>

/**
 * `waiting`: for somebody's approval. `warning`: some members failed, some did not. `action-required`: it has ended where a person has to do the next step, as its line says;
 * another run goes on from there.
 */
export const RunState = z.enum([
  'waiting',
  'running',
  'succeeded',
  'warning',
  'failed',
  'cancelled',
  'action-required',
])

export const RunKind = z.enum([
  'backup',
  'restore',
  'boot-check',
  'replication',
  'failover',
  'maintenance',
  'files',
])

export const RunView = z.strictObject({
  runId: Ulid,
  kind: RunKind,
  state: RunState,
  started: Instant,
  ended: Instant.optional(),
  /** Of a run of a policy; its name as it was then. */
  policyId: Ulid.optional(),
  policyName: z.string().max(200).optional(),
  /** Who asked for it, or in words what began it by itself; left out of runs of older versions. */
  startedBy: z.string().max(500).optional(),
  /** The run of which it does again what failed; and of such a run, the one that did. */
  retryOf: Ulid.optional(),
  retriedBy: Ulid.optional(),
  /** Of a restore of a component: the run that it goes on from; the one that went on from it; and the one that gave the restore up. */
  goesOnFrom: Ulid.optional(),
  goneOnBy: Ulid.optional(),
  givenUpBy: Ulid.optional(),
  /** Which VMs, in words. */
  title: z.string().max(500),
  line: z.string().max(1_000),
  /** In words, with what is not known yet: "about 3 min". */
  timeLeft: z.string().max(200).optional(),
  /** Only where it is known of every open job. */
  secondsLeft: z.int().nonnegative().optional(),
  problem: Problem.optional(),
  /** Where somebody has to agree, or has: the line says why. */
  approval: z
    .strictObject({
      needs: Role,
      askedBy: z.string(),
      /** Whoever asked may not approve. */
      otherPerson: z.boolean().optional(),
      approvedBy: z.string().optional(),
      approvedAt: Instant.optional(),
    })
    .optional(),
  /** What happened to it and by whom, in order; older control planes do not tell. */
  log: z
    .array(z.strictObject({ at: Instant, text: z.string().max(500) }))
    .max(100)
    .optional(),
  /** Of a plan only: whether what is planned would wait for somebody to agree, in a sentence. */
  approvalForetold: z.string().max(500).optional(),
})
export type RunView = z.infer<typeof RunView>

/** UUIDs or exact names, or all that the inventory knows. */
const Wanted = z.union([z.literal('all'), z.array(z.string().min(1).max(1_000)).min(1).max(2_000)])

/** POST /v1/runs */
export const StartRunRequest = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('backup'),
    /** VM UUIDs or exact names; a name that several VMs carry is refused. How many: core/runs/limits.ts. */
    vms: z.array(z.string().min(1).max(1_000)).max(2_000).default([]),
    /** Custom templates with their disks. */
    templates: Wanted.optional(),
    /** Pools whose database is saved, with the records of their VMs. */
    pools: Wanted.optional(),
    /** Hosts whose control domain is saved. */
    hosts: Wanted.optional(),
    /** For all of the VMs: `normal` unless told. */
    ...MethodChoice.partial().shape,
    /** Where one of them is to be treated otherwise. */
    perVm: z
      .array(
        MethodChoice.partial().extend({
          vm: z.string().min(1).max(1_000),
          excludedDisks: ExcludedDisks.optional(),
        }),
      )
      .max(2_000)
      .optional(),
    /** Takes all snapshots together, before any transfer. */
    together: z.strictObject({ whenOneFails: WhenOneFails }).optional(),
    /** Lock the points that come of it. */
    lock: LockPolicy.optional(),
    /** For slow links: how hosts compress disks that have to be read in full. */
    wire: WireCompression.optional(),
  }),
  z.strictObject({
    kind: z.literal('restore'),
    /** One point or many, each of another VM; a job for each. */
    pointId: z.union(
      [Ulid, z.array(Ulid).min(1).max(2_000)],
      'the id of a recovery point, or a list of them, is missing',
    ),
    /** Only for one point. */
    newName: NameLabel.optional(),
    poolUuid: XenUuid.optional(),
    srUuid: XenUuid.optional(),
    start: z.boolean().default(false),
    wishes: RestoreWishes.optional(),
    /** In a region that took over: try also a point of which not all had arrived there when that was last looked at. */
    evenIfIncomplete: z.boolean().optional(),
  }),
  BootCheckRequest,
  MaintenanceRequest,
  LookAtFilesRequest,
  z.strictObject({
    kind: z.literal('policy'),
    /** All VMs that it takes now, also where it is disabled, paused or outside its window. */
    policyId: Ulid,
  }),
  z.strictObject({
    kind: z.literal('site'),
    /** All that its definition protects, in its order, as one site point that expires by no policy. */
    siteId: Ulid,
    lock: LockPolicy.optional(),
  }),
  BackUpComponentRequest,
  RestoreComponentRequest,
  RecallSitePlanRequest,
])
export const StartRunReply = z.strictObject({ runId: Ulid })

/** The last time that a ULID can tell: 48 bits of milliseconds. */
const MAX_TIME = 2 ** 48 - 1

/** Lists are paged: `after` is the `next` of the page before. */
export const PageQuery = z.strictObject({
  after: z.string().min(1).max(500).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
})

/**
 * GET /v1/runs, newest first. A page may have fewer than were asked for, or none, although there is a `next`: a call looks at some thousand runs at most.
 * `state=open`: waiting or running; `state=troubled`: failed or warning. `since` and `until` (ms since 1970): asked for then or later, and before then.
 * `vm`: a UUID or an exact name; runs of versions that kept no list of them by VM are not found so. `plans`: also those that only find out what a restore would do.
 */
export const ListRunsQuery = PageQuery.extend({
  kind: RunKind.optional(),
  state: z.enum([...RunState.options, 'open', 'troubled']).optional(),
  policyId: Ulid.optional(),
  vm: z.string().min(1).max(1_000).optional(),
  plans: z.literal('true').optional(),
  since: z.coerce.number().int().nonnegative().max(MAX_TIME).optional(),
  until: z.coerce.number().int().nonnegative().max(MAX_TIME).optional(),
})
export const ListRunsReply = z.strictObject({
  items: z.array(RunView),
  next: z.string().optional(),
})

/** GET /v1/runs/{runId}; `only=open`: jobs that have not ended; `only=troubled`: those that ended otherwise than well, where a page may have fewer than were asked for */
export const GetRunQuery = PageQuery.extend({ only: z.enum(['open', 'troubled']).optional() })

/** GET /v1/runs/{runId}: the jobs are paged in the order they were asked for; `run` tells of all of them on each page */
export const GetRunReply = z.strictObject({
  run: RunView,
  jobs: z.array(JobView),
  next: z.string().optional(),
})

/** POST /v1/runs/{runId}/retry: the new run */
export const RetryRunReply = z.strictObject({ runId: Ulid })

/** POST /v1/runs/{runId}/approve */
export const ApproveRunReply = z.strictObject({ runId: Ulid })

/** POST /v1/runs/{runId}/decline */
export const DeclineRunRequest = z.strictObject({ because: z.string().max(500).optional() })
export const DeclineRunReply = z.strictObject({ runId: Ulid })

/** POST /v1/runs/{runId}/redrive; `attempt`: the execution that goes on with it, counted from 1 */
export const RedriveRunReply = z.strictObject({ runId: Ulid, attempt: z.int().positive() })

/** POST /v1/runs/{runId}/cancel */
export const CancelRunReply = z.strictObject({ runId: Ulid })

/** GET /v1/points, newest first; `vm` is a UUID or an exact name */
export const ListPointsQuery = PageQuery.extend({
  vm: z.string().max(1_000).optional(),
  /** This one alone. */
  point: Ulid.optional(),
})
export const ListedPoint = PointSummary.extend({
  /** The legal hold on it, and how it is locked for that, one sentence. */
  held: z.string().max(1_000).optional(),
  /** How it stands in the second copy of the repository; left out where there is none. */
  replicated: ReplicatedStatus.optional(),
  /** Whether all that it needs was read back lately; left out before a verification has told. */
  readBack: z
    .strictObject({
      state: z.enum(['whole', 'overdue', 'not-due', 'not-told']),
      text: z.string().max(300),
    })
    .optional(),
})
export type ListedPoint = z.infer<typeof ListedPoint>
export const ListPointsReply = z.strictObject({
  items: z.array(ListedPoint),
  next: z.string().optional(),
})

/** GET /v1/gateways */
export const GatewayView = z.strictObject({
  gatewayId: Ulid,
  name: NameLabel,
  enrolled: Instant,
  lastSeen: Instant.optional(),
  /** Since when it signs with the key of today. */
  keySince: Instant.optional(),
  /** Since when it is asked for a new key. */
  newKeyAsked: Instant.optional(),
  pools: z.array(z.strictObject({ uuid: XenUuid, name: NameLabel })),
  /** Pools of its settings that it could not reach when it told last. */
  unreachable: z.array(UnreachablePool).optional(),
  /** An administrator lets it remove points, collect garbage and verify. */
  maintenance: z.boolean().optional(),
  /** Of its program; gateways of before do not tell. */
  version: z.string().max(50).optional(),
  /** What is wrong with it, each in a sentence or two, as the overview has it; control planes of before do not tell. */
  problems: z.array(z.string()).optional(),
})
export type GatewayView = z.infer<typeof GatewayView>
export const ListGatewaysReply = z.strictObject({
  items: z.array(GatewayView),
  next: z.string().optional(),
})

/** PUT /v1/gateways/{gatewayId} */
export const SetGatewayRequest = z.strictObject({ maintenance: z.boolean() })
export const SetGatewayReply = z.strictObject({ gatewayId: Ulid, maintenance: z.boolean() })

/** POST /v1/enrolment-codes: valid for ten minutes, told once, stored hashed */
export const CreateEnrolmentCodeReply = z.strictObject({ code: z.string(), validUntil: Instant })
