import { z } from 'zod'
import { GatewayAbout } from './gateway-about.ts'
import { GatewayPublicKey } from './gateway-key.ts'
import { GuestIdentity } from './guests-api.ts'
import { Bytes, Instant, NameLabel, RepositoryId, Ulid, XenUuid } from './ids.ts'
import { JobOutcome, JobProgress, JobSpec } from './jobs.ts'
import { PointSummary } from './points.ts'
import { ReplicaSettings } from './settings.ts'

/** Fencing: grows with every lease of a job, so that a gateway presumed dead cannot write over its successor. */
export const Epoch = z.int().positive()

/** POST /v1/enrolments (no token: the code is the proof) */
export const EnrolRequest = z.strictObject({
  /** One-time code, shown once to the administrator. */
  code: z.string().min(8).max(100),
  name: NameLabel,
  publicKey: GatewayPublicKey,
  /** Of an agent in a guest, whose code was made for one. */
  guest: GuestIdentity.optional(),
})
export const EnrolReply = z.strictObject({ gatewayId: Ulid })

/** What one gateway has at once at most: jobs that take a slot, looks at files beside them, and both together. */
const SLOTS = 64
const LOOKS = 8
const AT_ONCE = SLOTS + LOOKS

/** POST /v1/gateways/{gatewayId}/lease */
export const LeaseRequest = z.strictObject({
  /** A ULID per process: a new one tells that the former process and the work it held are gone. */
  instance: Ulid,
  /** Jobs this process could start now. */
  freeSlots: z.int().min(0).max(SLOTS),
  /** Looks at files that it could begin beside those. Older gateways do not tell: a look takes a slot of theirs. */
  freeLooks: z.int().min(0).max(LOOKS).optional(),
  /** Of an agent in a guest: which one it is. It gets jobs of that guest and no others. */
  guest: XenUuid.optional(),
  /** Pools it can reach; of a guest none. */
  pools: z.array(XenUuid).max(100),
  /** Those of them that do not answer it now: another gateway may have them. Left out where there are none. */
  unreachable: z.array(XenUuid).max(100).optional(),
  /** Jobs it works on. One that is leased to it and not named here got lost on the way to it, and is given again. */
  holding: z.array(Ulid).max(AT_ONCE).optional(),
  /** What it is. Older gateways do not tell. Nothing is asked for by it: what cannot be read of it (a time zone of tomorrow) is no reason to give no work. */
  about: GatewayAbout.optional().catch(undefined),
  /** The time by its own clock. Older gateways do not tell. */
  at: Instant.optional(),
})
/** What stands beside `spec` may grow; what a job asks for is understood as a whole, or not at all. */
export const LeasedJob = z.object({
  jobId: Ulid,
  runId: Ulid,
  epoch: Epoch,
  leaseUntil: Instant,
  spec: JobSpec,
})
/** A job that whoever reads this cannot: of a kind, or with a wish, that came later. It must not take the others with it. */
export const UnreadableJob = z.object({
  jobId: Ulid,
  epoch: Epoch,
  spec: z.object({ kind: z.string().max(100) }),
})
export const LeaseReply = z.strictObject({
  jobs: z.array(z.union([LeasedJob, UnreadableJob])).max(AT_ONCE),
  pollAfterSeconds: z.number().positive().max(60),
  heartbeatAfterSeconds: z.number().positive().max(60),
  /** Pools that another gateway keeps: there are no jobs of them for this one until that is silent for long. Left out where there are none. */
  standingBy: z
    .array(z.strictObject({ poolUuid: XenUuid, keeper: NameLabel, until: Instant }))
    .max(100)
    .optional(),
  /** There may be messages for it to send into its network (POST /v1/gateways/{gatewayId}/messages). */
  messages: z.literal(true).optional(),
  /** It should make a new key (PUT /v1/gateways/{gatewayId}/key). */
  newKey: z.literal(true).optional(),
})

/** POST /v1/jobs/{jobId}/heartbeat */
export const HeartbeatRequest = z.strictObject({ epoch: Epoch, progress: JobProgress })
export const HeartbeatReply = z.strictObject({
  directive: z.enum(['continue', 'cancel']),
  leaseUntil: Instant,
  heartbeatAfterSeconds: z.number().positive().max(60),
})

/** POST /v1/jobs/{jobId}/removals: whether a point of this job may be removed, asked right before */
export const ConfirmRemovalRequest = z.strictObject({ epoch: Epoch, pointId: Ulid })
export const ConfirmRemovalReply = z.strictObject({
  remove: z.boolean(),
  /** Why it stays, one sentence. */
  because: z.string().max(500).optional(),
})

/** POST /v1/jobs/{jobId}/result; accepted once, a repeated call answers the same */
export const ResultRequest = z.strictObject({ epoch: Epoch, outcome: JobOutcome })
export const ResultReply = z.strictObject({ accepted: z.literal(true) })

/** POST /v1/gateways/{gatewayId}/credentials: a storage grant for one job; without one, to look which points there are */
export const CredentialsRequest = z
  .strictObject({ jobId: Ulid.optional(), epoch: Epoch.optional() })
  .refine(({ jobId, epoch }) => (jobId === undefined) === (epoch === undefined), {
    message: 'jobId and epoch belong together',
  })
/** Temporary AWS credentials. They stay in the memory of the gateway: never in a log or a file. */
export const StorageGrant = z.strictObject({
  accessKeyId: z.string().min(1).max(200),
  secretAccessKey: z.string().min(1).max(200),
  sessionToken: z.string().min(1).max(10_000),
  expires: Instant,
  region: z.string().max(100).optional(),
})
export type StorageGrant = z.infer<typeof StorageGrant>
export const CredentialsReply = z.strictObject({
  repositoryId: RepositoryId,
  /** `file:/srv/backups` or `s3://bucket/prefix`. */
  address: z.string().max(1_000),
  /** Left out where the store asks for none, or the gateway brings its own. */
  grant: StorageGrant.optional(),
  /** To compare with it: the second copy, which the grant is then for. Left out where the control plane knows of none. */
  secondCopy: ReplicaSettings.optional(),
})

/** POST /v1/gateways/{gatewayId}/open-jobs: which of these jobs are not over, so that what they left on a pool is still needed */
export const OpenJobsRequest = z.strictObject({ jobIds: z.array(Ulid).max(100) })
export const OpenJobsReply = z.strictObject({
  open: z.array(Ulid).max(100),
  /** Those of them that another gateway had last; `current`: its lease runs. Left out where there are none. */
  elsewhere: z
    .array(z.strictObject({ jobId: Ulid, current: z.boolean() }))
    .max(100)
    .optional(),
})

/** Signs of Citrix provisioning on a disk. Older gateways do not tell. */
const DiskSigns = z.strictObject({
  /** VDI.on_boot is `reset`: its content is thrown away at each start of the VM. */
  reset: z.literal(true).optional(),
  /** VDI.allow_caching: IntelliCache may keep what is read of it on the host. */
  caching: z.literal(true).optional(),
  /** VDI.type, where it is neither `user` nor `system`. */
  type: z.string().max(50).optional(),
  /** Its `CitrixProvisioningSchemeId`. */
  scheme: z.string().max(100).optional(),
  /** UUID of the image at the end of its `vhd-parent`s, where disks of other VMs end there, too. */
  base: XenUuid.optional(),
})

/** Signs of Citrix provisioning on a VM. Older gateways do not tell. */
const VmSigns = z.strictObject({
  /** Its `CitrixProvisioningSchemeId`, from a tag or from other_config. */
  scheme: z.string().max(100).optional(),
  /** A PVS_proxy serves one of its interfaces. */
  pvsProxy: z.literal(true).optional(),
})

/** PUT /v1/gateways/{gatewayId}/inventory */
export const InventoryVm = z.strictObject({
  uuid: XenUuid,
  name: NameLabel,
  description: z.string().max(5_000),
  powerState: z.enum(['Halted', 'Paused', 'Running', 'Suspended']),
  tags: z.array(z.string().max(255)).max(200),
  /** name_label of the host it runs on, where it runs. */
  host: NameLabel.optional(),
  disks: z
    .array(
      z.strictObject({
        vdiUuid: XenUuid,
        userdevice: z.string().max(10),
        name: NameLabel,
        size: Bytes,
        cbt: z.boolean(),
        ...DiskSigns.shape,
      }),
    )
    .max(255),
  ...VmSigns.shape,
})
export const InventoryPool = z.strictObject({
  uuid: XenUuid,
  name: NameLabel,
  /** Product and version of the coordinator, for display. */
  version: z.string().max(200),
  hosts: z.array(z.strictObject({ uuid: XenUuid, name: NameLabel, live: z.boolean() })).max(64),
  srs: z
    .array(
      z.strictObject({
        uuid: XenUuid,
        name: NameLabel,
        type: z.string().max(50),
        size: Bytes,
        used: Bytes,
        isDefault: z.boolean(),
      }),
    )
    .max(500),
  /** Older gateways do not tell. */
  networks: z
    .array(z.strictObject({ uuid: XenUuid, name: NameLabel }))
    .max(1_000)
    .optional(),
  vms: z.array(InventoryVm).max(10_000),
  /** Custom ones. Older gateways do not tell. */
  templates: z.array(InventoryVm).max(10_000).optional(),
})
/** A pool of the gateway's settings that does not answer, and why. */
export const UnreachablePool = z.strictObject({
  address: z.string().max(1_000),
  problem: z.string().max(1_000),
})
export const InventoryRequest = z.strictObject({
  pools: z.array(InventoryPool).max(100),
  unreachable: z.array(UnreachablePool).max(100).optional(),
})
export const InventoryReply = z.strictObject({ accepted: z.literal(true) })
export type InventoryVm = z.infer<typeof InventoryVm>
export type UnreachablePool = z.infer<typeof UnreachablePool>
export type InventoryPool = z.infer<typeof InventoryPool>

/** POST /v1/repositories/{repositoryId}/missing-points: which of these the catalog does not know (it is a view, and may be new) */
export const MissingPointsRequest = z.strictObject({ pointIds: z.array(Ulid).max(1_000) })
export const MissingPointsReply = z.strictObject({ missing: z.array(Ulid).max(1_000) })

/** POST /v1/repositories/{repositoryId}/known-points: which points the catalog believes to be there, ascending */
export const KnownPointsRequest = z.strictObject({ after: Ulid.optional() })
export const KnownPointsReply = z.strictObject({
  pointIds: z.array(Ulid).max(1_000),
  /** Those of them that were not found the last time. */
  vanished: z.array(Ulid).max(1_000),
  next: Ulid.optional(),
})

/** POST /v1/repositories/{repositoryId}/gone-points: what the repository says of points that the catalog knows */
export const GonePointsRequest = z.strictObject({
  /** Their names are closed: somebody deleted them in good order. */
  deleted: z.array(Ulid).max(1_000),
  /** Neither there nor deleted in good order. */
  vanished: z.array(Ulid).max(1_000),
  /** Had vanished and are there again. */
  found: z.array(Ulid).max(1_000),
})
export const GonePointsReply = z.strictObject({ accepted: z.literal(true) })

/** PUT /v1/repositories/{repositoryId}/points: recovery points found in the repository */
export const PutPointsRequest = z.strictObject({ points: z.array(PointSummary).max(100) })
export const PutPointsReply = z.strictObject({ accepted: z.literal(true) })
