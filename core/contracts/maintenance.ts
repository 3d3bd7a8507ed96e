import { z } from 'zod'
import { HeldLocksReport, LockHeldPointsSpec } from './held-locks.ts'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { ComparisonReport } from './replicated-points.ts'

const Sentence = z.string().max(500)
const Count = z.int().nonnegative()

/** Points that one job removes: its spec and its report stay far below what one item of the catalog takes. */
export const POINTS_PER_REMOVAL = 100

/** A gateway begins to remove a point within so long after it asked for leave, or asks again. */
export const LEAVE_SECONDS = 60

/** Points to delete for ever, each with why: the gateway looks again before each one. */
export const RemovePointsSpec = z.strictObject({
  kind: z.literal('remove-points'),
  points: z
    .array(
      z.strictObject({
        pointId: Ulid,
        vmUuid: XenUuid,
        vmName: NameLabel,
        /** Why, in a plain sentence: a rule of a policy, or what an administrator said. */
        because: Sentence,
        /** It expired by the retention of this policy; left out where somebody asked for it. */
        policyId: Ulid.optional(),
      }),
    )
    .min(1)
    .max(POINTS_PER_REMOVAL),
  /** An administrator asked for just these: also the last point of a VM goes. */
  evenLast: z.boolean().optional(),
})
export type RemovePointsSpec = z.infer<typeof RemovePointsSpec>

/** One run of the garbage collector. */
export const CollectGarbageSpec = z.strictObject({ kind: z.literal('collect-garbage') })

/** How much a verification reads: of level 1 a share of all packs, those that were read longest ago first. */
export const VerificationWish = z.strictObject({
  level: z.union([z.literal(0), z.literal(1), z.literal(2)]).default(1),
  /** Of the packs, more than 0 up to 1. Level 1 only. */
  share: z.number().gt(0).max(1).optional(),
})
export type VerificationWish = z.output<typeof VerificationWish>

export const VerifyRepositorySpec = z.strictObject({
  kind: z.literal('verify-repository'),
  level: z.union([z.literal(0), z.literal(1), z.literal(2)]),
  share: z.number().gt(0).max(1).optional(),
})
export type VerifyRepositorySpec = z.infer<typeof VerifyRepositorySpec>

/** What became of each point that was to be removed. */
export const RemovalReport = z.strictObject({
  /** Gone now; also those that an earlier attempt of the same job had removed. */
  removed: z.array(Ulid).max(POINTS_PER_REMOVAL),
  /** Were not in the repository any more when the job came. */
  absent: z.array(Ulid).max(POINTS_PER_REMOVAL),
  /** Still there, and why; `lockedUntil` where the store says so. */
  kept: z
    .array(z.strictObject({ pointId: Ulid, because: Sentence, lockedUntil: Instant.optional() }))
    .max(POINTS_PER_REMOVAL),
})
export type RemovalReport = z.infer<typeof RemovalReport>

const Packs = z.strictObject({ packs: Count, bytes: Bytes })

/** What one run of the collector did; times are the store's. */
export const CollectionReport = z.strictObject({
  at: Instant,
  removed: Packs,
  /** Needed by nobody, removed by a later run. */
  condemned: Packs,
  /** Needed by nobody and locked. */
  locked: Packs.extend({ until: Instant.optional() }),
  /** Of packs that are mostly dead: what they were, and what of it was needed. */
  rewritten: Packs.extend({ copied: Bytes }),
  /** The same and the rest, in plain words. */
  text: z.array(Sentence).max(50),
})
export type CollectionReport = z.infer<typeof CollectionReport>

/** What was ever read in full, and when. */
export const VerificationState = z.strictObject({
  packs: Count,
  bytes: Bytes,
  never: Packs,
  damaged: Count,
  /** When the pack was read that was read longest ago. */
  oldest: Instant.optional(),
  newest: Instant.optional(),
})
export type VerificationState = z.infer<typeof VerificationState>

/** Whether points are really there, as of a verification; what needs a pack is overdue where that was not read for so many days. */
export const ReadBack = z.strictObject({
  days: z.int().positive(),
  /** Points of which all was read back in that time, and found whole. */
  whole: Count,
  /** Points of which a part that is older was not, or not found whole. */
  overdue: Count,
  /** The first of them. */
  named: z.array(Ulid).max(1_000),
})
export type ReadBack = z.infer<typeof ReadBack>

/** What a verification found. No damage: `damages` is 0. */
export const VerificationReport = z.strictObject({
  at: Instant,
  level: z.int().min(0).max(2),
  points: Count,
  packs: Count,
  packsRead: Count,
  bytesRead: Bytes,
  damages: Count,
  /** The first of them: what is damaged, in one sentence. */
  findings: z.array(z.strictObject({ code: z.string().max(100), message: Sentence })).max(50),
  /** Points of which something cannot be read. */
  affected: z.array(Ulid).max(1_000),
  state: VerificationState,
  /** Not of level 0, nor of older gateways. */
  readBack: ReadBack.optional(),
  /** Why the findings could not be written down in the repository. */
  notRecorded: Sentence.optional(),
})
export type VerificationReport = z.infer<typeof VerificationReport>

/** Which points its second copy could bring back, alone. Each is told of by `putReplicated`, the sum with the end of the job. */
export const CompareReplicaSpec = z.strictObject({ kind: z.literal('compare-replica') })

/** What a repository is asked for instead of a pool. */
export const repositorySpecs = [
  RemovePointsSpec,
  CollectGarbageSpec,
  VerifyRepositorySpec,
  LockHeldPointsSpec,
  CompareReplicaSpec,
] as const

/** What comes of that. */
export const repositoryOutcomes = [
  z.strictObject({ status: z.literal('points-removed'), report: RemovalReport }),
  z.strictObject({ status: z.literal('garbage-collected'), report: CollectionReport }),
  z.strictObject({ status: z.literal('verified'), report: VerificationReport }),
  z.strictObject({ status: z.literal('points-locked'), report: HeldLocksReport }),
  z.strictObject({ status: z.literal('replica-compared'), report: ComparisonReport }),
] as const

/** What a maintenance run does, in this order. */
export const MaintenanceStep = z.enum(['retention', 'collect', 'verify', 'compare'])
export type MaintenanceStep = z.infer<typeof MaintenanceStep>

/** Part of POST /v1/runs. Verifying and comparing ask for an operator, the rest for an administrator. */
export const MaintenanceRequest = z.strictObject({
  kind: z.literal('maintenance'),
  /** All of them unless told. Of several, `compare` is left out while nobody has told of a second copy. */
  steps: z
    .array(MaintenanceStep)
    .min(1)
    .max(4)
    .default(() => [...MaintenanceStep.options]),
  verification: VerificationWish.optional(),
})
export type MaintenanceRequest = z.output<typeof MaintenanceRequest>
