import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { PointLock } from './points.ts'

/** Points that one job locks, at most. */
export const POINTS_PER_LOCKING = 100

/**
 * Whole days that the objects of a point are locked ahead at least, while a hold on it has no end: so long they stay locked if nobody ever looks after them
 * again, and so long at most they stay locked after a release (and up to two generations of ten days more, repository/lock/generation.ts).
 */
export const OPEN_HOLD_DAYS = 60

/** Lock the objects of held points in the store; how long, the gateway asks right before each point. */
export const LockHeldPointsSpec = z.strictObject({
  kind: z.literal('lock-held-points'),
  points: z
    .array(z.strictObject({ pointId: Ulid, vmUuid: XenUuid, vmName: NameLabel }))
    .min(1)
    .max(POINTS_PER_LOCKING),
  /** The furthest end that any of them is to be locked until: storage sessions are cut to that. */
  until: Instant,
})
export type LockHeldPointsSpec = z.infer<typeof LockHeldPointsSpec>

/** What became of each point: one of `lock`, `because` and `released`. */
export const HeldLocksReport = z.strictObject({
  points: z
    .array(
      z.strictObject({
        pointId: Ulid,
        /** Read back from the store when all its objects were locked: no better than the weakest of them. */
        lock: PointLock.optional(),
        /** Why it is not locked as the hold asks, one sentence. */
        because: z.string().max(500).optional(),
        /** Nothing holds it any more. */
        released: z.literal(true).optional(),
      }),
    )
    .max(POINTS_PER_LOCKING),
  /** The store locks nothing at all: why, one sentence. */
  unsupported: z.string().max(500).optional(),
})
export type HeldLocksReport = z.infer<typeof HeldLocksReport>

/** POST /v1/jobs/{id}/held: whether, and until when, a point of this job is to be locked now; asked right before */
export const ConfirmHeldRequest = z.strictObject({ epoch: z.int().positive(), pointId: Ulid })
export const ConfirmHeldReply = z.strictObject({
  held: z.boolean(),
  /** The last day of the holds on it that have one. */
  until: Instant.optional(),
  /** A hold on it has no end: it is locked so many days ahead. */
  days: z.int().positive().optional(),
})
export type ConfirmHeldReply = z.infer<typeof ConfirmHeldReply>

/**
 * How the points under a hold are locked in the store:
 * - `locked`: all of them, at least until `until`, as the store showed
 * - `asked`: some were not reached yet
 * - `failed`: of some it failed, see `because`; it is tried again
 * - `impossible`: the store cannot lock; the hold keeps what is deleted through this control plane, and nothing else
 */
export const HoldLockState = z.enum(['locked', 'asked', 'failed', 'impossible'])
export type HoldLockState = z.infer<typeof HoldLockState>

export const HoldLock = z.strictObject({
  state: HoldLockState,
  /** Points under the hold, and how many of them are locked as it asks. */
  points: z.int().nonnegative(),
  locked: z.int().nonnegative(),
  /** The earliest end of a lock among those that are locked. */
  until: Instant.optional(),
  because: z.string().max(500).optional(),
})
export type HoldLock = z.infer<typeof HoldLock>
