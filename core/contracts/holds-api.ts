import { z } from 'zod'
import { HoldLock } from './held-locks.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'

const Reason = z.string().trim().min(1, 'says why, in words').max(500)

/** What is held: one recovery point, or all of a VM, those to come among them. */
export const Held = z.union([
  z.strictObject({ pointId: Ulid }),
  z.strictObject({ vmUuid: XenUuid }),
])
export type Held = z.infer<typeof Held>

export const HoldView = z.strictObject({
  pointId: Ulid.optional(),
  vmUuid: XenUuid.optional(),
  vmName: NameLabel.optional(),
  reason: z.string().max(500),
  by: z.string().max(500),
  at: Instant,
  /** Left out: until somebody releases it. */
  until: Instant.optional(),
  /** How its points are locked in the store; left out where the hold has ended, and by older control planes. */
  lock: HoldLock.optional(),
})
export type HoldView = z.infer<typeof HoldView>

/** POST /v1/holds: nothing of it is deleted until it is released; another hold on the same takes its place */
export const PlaceHoldRequest = z.strictObject({
  on: Held,
  reason: Reason,
  until: Instant.optional(),
})
export const PlaceHoldReply = z.strictObject({
  hold: HoldView,
  /** Points that a job may be deleting at this very moment: for them the hold may have come too late. */
  beingRemoved: z.array(Ulid).max(1_000),
})

/** POST /v1/holds/release */
export const ReleaseHoldRequest = z.strictObject({ on: Held, reason: Reason })
export const ReleaseHoldReply = z.strictObject({
  released: z.boolean(),
  /** Locks that were set in the store stay: the last of them ends then. */
  lockedUntil: Instant.optional(),
})

/** GET /v1/holds */
export const ListHoldsReply = z.strictObject({
  items: z.array(HoldView),
  next: z.string().optional(),
})

/** DELETE /v1/points/{pointId}: a run that deletes it */
export const DeletePointRequest = z.strictObject({
  reason: Reason,
  /** The name of its VM, as it is listed: who deletes shows that it is meant. */
  vmName: NameLabel,
  /** Also where it is the last one of its VM. */
  evenLast: z.boolean().default(false),
})
export const DeletePointReply = z.strictObject({ runId: Ulid })
