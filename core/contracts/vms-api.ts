import { z } from 'zod'
import { BootProof } from './boot-checks-api.ts'
import { InventoryVm } from './gateway-api.ts'
import { HoldView } from './holds-api.ts'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { PointLock, UnusualChange } from './points.ts'
import { JobState, PageQuery } from './runs-api.ts'

export const PowerState = InventoryVm.shape.powerState

/** By name, as people count ("web-2" before "web-10"); by when the newest point was taken, where a VM without one is older than every other. */
export const VmOrder = z.enum(['name', 'newest', 'oldest'])
export type VmOrder = z.infer<typeof VmOrder>

/**
 * GET /v1/vms; `of=templates`: custom templates. Without anything else VMs come by pool and UUID, which is what costs least. With any of what narrows or sorts, the
 * whole inventory is looked at, and comes by name unless `sort` says otherwise.
 */
export const ListVmsQuery = PageQuery.extend({
  of: z.enum(['vms', 'templates']).optional(),
  /** Part of the name, or the UUID; upper and lower case are the same. */
  search: z.string().trim().min(1).max(255).optional(),
  /** UUID or exact name. */
  pool: NameLabel.min(1).optional(),
  /** One that it bears. */
  tag: z.string().min(1).max(255).optional(),
  /** One that protects it. */
  policy: Ulid.optional(),
  state: PowerState.optional(),
  /** VMs that no policy protects, that are no standbys, and whose content is not discarded. */
  unprotected: z.literal('true').optional(),
  /** VMs with a point of unusual change that nobody explained: with signs of encryption, or within the last 30 days. */
  unusual: z.literal('true').optional(),
  sort: VmOrder.optional(),
  /** What there is to choose from comes with the first page. */
  facets: z.literal('true').optional(),
})

/** Of the recovery points of a VM that differ unusually much from those before them the one to look at first. */
const LastUnusual = UnusualChange.extend({ pointId: Ulid, taken: Instant })

export const VmView = InventoryVm.extend({
  poolUuid: XenUuid,
  poolName: NameLabel,
  size: Bytes,
  /** When its newest recovery point was taken, and how that is locked (as `lock` of a point). */
  lastPoint: Instant.optional(),
  lastPointId: Ulid.optional(),
  lastLock: PointLock.nullable().optional(),
  /** Left out where somebody said why, and of change without signs of encryption after 30 days. */
  unusual: LastUnusual.optional(),
  /** The policies that protect it by themselves. Left out of templates. */
  policies: z
    .array(z.strictObject({ policyId: Ulid, name: z.string().max(200) }))
    .max(1_000)
    .optional(),
  /** Where it is the standby of a replication, which holds what recovery points hold. */
  standby: z.literal(true).optional(),
  /** Its content is discarded at logoff: XenServer resets its disks at each boot, so nothing of it is backed up. */
  discarded: z.literal(true).optional(),
})
export type VmView = z.infer<typeof VmView>

const count = z.int().nonnegative()

export const ListVmsReply = z.strictObject({
  items: z.array(VmView),
  next: z.string().optional(),
  /** How many match; left out where nothing narrows or sorts. */
  total: count.optional(),
  facets: z
    .strictObject({
      pools: z.array(z.strictObject({ uuid: XenUuid, name: NameLabel, vms: count })),
      /** The most frequent first. */
      tags: z.array(z.strictObject({ tag: z.string(), vms: count })).max(500),
    })
    .optional(),
})

/** A policy that takes a VM, and why, in one sentence. */
const TakenBy = z.strictObject({
  policyId: Ulid,
  name: z.string().max(200),
  why: z.string().max(2_000),
  /** Whether it backs up by itself: enabled, and with a schedule. */
  protects: z.boolean(),
})

/** A job that was about the VM. */
export const VmRun = z.strictObject({
  runId: Ulid,
  jobId: Ulid,
  /** Kind of the job: `backup-vm`, `restore-vm` … */
  kind: z.string().max(50),
  asked: Instant,
  state: JobState,
  /** Only of a job that has ended: `backed-up`, `failed`, `skipped` … */
  status: z.string().max(50).optional(),
  line: z.string().max(1_000),
})

/** GET /v1/vms/{vmUuid}; also of a VM that no pool has any more, as long as it has recovery points */
export const GetVmReply = z.strictObject({
  uuid: XenUuid,
  name: NameLabel,
  /** As the inventory has it; left out where no pool has it any more. */
  vm: VmView.optional(),
  /** When its pool was told of last. */
  seen: Instant.optional(),
  /** By userdevice: why a disk is left out of backups, one sentence each. */
  leftOut: z.array(z.strictObject({ userdevice: z.string().max(10), why: z.string().max(500) })),
  policies: z.array(TakenBy),
  /** Its standbys, and where it is one itself: how the replication stands. */
  replicas: z.array(
    z.strictObject({ replicaId: Ulid, isStandby: z.boolean(), line: z.string().max(2_000) }),
  ),
  /** On all of its points, or on some. */
  holds: z.array(HoldView),
  points: z.strictObject({
    count,
    /** When the oldest and the newest were taken. */
    oldest: Instant.optional(),
    newest: Instant.optional(),
    /** What the store grew by for all of them, when each was written. */
    bytesStored: Bytes,
    /** Points that a lock keeps now, as the store showed it last, and the end of the lock that lasts longest. */
    locked: count,
    lockedUntil: Instant.optional(),
    unusual: count,
    /** Not in the repository any more although nobody deleted them in good order. */
    vanished: count,
  }),
  /** What nobody explained yet, also of a VM that is gone; as in `vm`. */
  unusual: LastUnusual.optional(),
  /** While it shows signs of encryption that nobody explained: what is left from before them, in words, and the newest such point. */
  beforeChange: z
    .strictObject({
      text: z.string().max(500),
      pointId: Ulid.optional(),
      taken: Instant.optional(),
    })
    .optional(),
  /** What boot checks prove; left out before there is a point, and by control planes of before. */
  proof: z
    .strictObject({
      proof: BootProof,
      line: z.string().max(2_000),
      /** Of the newest check, where that point is still there. */
      pointId: Ulid.optional(),
    })
    .optional(),
  /** Newest first, ten at most. */
  runs: z.array(VmRun).max(10),
})
export type VmDetail = z.infer<typeof GetVmReply>

/** POST /v1/points/{pointId}/acknowledge */
export const AcknowledgeRequest = z.strictObject({
  /** Why it is unusual, in words: kept with the point and in the audit records. */
  because: z.string().trim().min(1).max(500),
})
export const AcknowledgeReply = z.strictObject({ pointId: Ulid, unusual: UnusualChange })
