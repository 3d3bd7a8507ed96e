import { z } from 'zod'
import { Instant, Ulid } from './ids.ts'

/** Points of one page, and of one call: with all that a point may lack, a page stays below what one item of the catalog takes. */
export const REPLICATED_AT_ONCE = 1_000

/** Names of missing objects that are told of one point, and how long they may be. */
export const OBJECTS_TOLD = 2
export const OBJECT_NAME_LIMIT = 100

const Count = z.int().nonnegative()

/** Where the second copy of the repository is, as people know it: `eu-west-1`, else its address. */
const Place = z.string().min(1).max(1_000)
const Sentence = z.string().max(500)

/** A point that the replica alone could not bring back. `absent`: its commit record is not there; `incomplete`: something else that it needs. */
const LackingPoint = z.strictObject({
  pointId: Ulid,
  state: z.enum(['incomplete', 'absent']),
  /** Objects that are not there, or cannot be read. */
  missing: Count,
  /** Names of the first of them. */
  objects: z.array(z.string().max(OBJECT_NAME_LIMIT)).max(OBJECTS_TOLD),
})

/** @returns the slot that a point belongs to: ids begin with their time, and 5 characters of it are 9.3 hours */
export const slotOf = (pointId: string): string => pointId.slice(0, 5)

/** Points that were looked at. One that is not named was not. */
export const ReplicatedPage = z.strictObject({
  /** First characters of the ids of all its points. */
  slot: z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{4}$/),
  /** Pages of one slot are numbered from 0. */
  number: z.int().min(0).max(999),
  restorable: z.array(Ulid).max(REPLICATED_AT_ONCE),
  lacking: z.array(LackingPoint).max(REPLICATED_AT_ONCE),
})
export type ReplicatedPage = z.infer<typeof ReplicatedPage>

const Total = z.strictObject({
  points: Count,
  restorable: Count,
  /** From the newest point of a VM that could be restored there to its newest one, in ms: the largest of all VMs. Left out where one has none there, and by older gateways. */
  lag: Count.optional(),
})

/** How a comparison ended, as its job tells it. */
export const ComparisonReport = Total.extend({
  place: Place,
  at: Instant,
  /** Why nothing can be opened there, one sentence. */
  shut: Sentence.optional(),
})
export type ComparisonReport = z.infer<typeof ComparisonReport>

/** PUT /v1/repositories/{repositoryId}/replicated-points: what a comparison with the replica found, in several calls where it is long */
export const PutReplicatedRequest = z.strictObject({
  place: Place,
  address: Place,
  /** When the comparison began, by the gateway's clock. */
  at: Instant,
  /** Why nothing can be opened there, one sentence. */
  shut: Sentence.optional(),
  pages: z.array(ReplicatedPage).max(REPLICATED_AT_ONCE),
  /** With the last call. */
  total: Total.optional(),
  /** Why there was no comparison, one sentence; then there are no pages. */
  trouble: Sentence.optional(),
})
export type PutReplicatedRequest = z.infer<typeof PutReplicatedRequest>
export const PutReplicatedReply = z.strictObject({ accepted: z.literal(true) })

/** The second copy of the repository, and when it was compared. */
export const ReplicaView = z.strictObject({
  place: Place,
  address: Place,
  /** The last comparison; left out before there was any. */
  compared: Total.extend({ asOf: Instant }).optional(),
  /** Why there was none since. */
  trouble: z.strictObject({ at: Instant, message: Sentence }).optional(),
})
export type ReplicaView = z.infer<typeof ReplicaView>

/** Whether one point could be restored from the replica alone. */
export const ReplicatedStatus = z.strictObject({
  place: Place,
  state: z.enum(['restorable', 'incomplete', 'absent', 'never-compared']),
  /** When that was so; left out where it was never compared. */
  asOf: Instant.optional(),
  missing: Count.optional(),
  objects: z.array(z.string().max(OBJECT_NAME_LIMIT)).max(OBJECTS_TOLD).optional(),
  /** Why nothing at all can be opened there. */
  shut: Sentence.optional(),
  /** All of that in words. */
  text: z.string().max(2_000),
})
export type ReplicatedStatus = z.infer<typeof ReplicatedStatus>
