import { z } from 'zod'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from './ids.ts'

/** A point of this repository, and the VM that it is one of. */
export const PointOf = z.strictObject({ pointId: Ulid, vmUuid: XenUuid })

const target = {
  /** The pool of the standby. */
  poolUuid: XenUuid,
  /** The VM that it stands by for. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  replicaId: Ulid,
}

/** One round: the standby comes to hold the newest recovery point of the VM; only blocks that differ are written. */
export const ReplicateSpec = z.strictObject({
  kind: z.literal('replicate'),
  ...target,
  srUuid: XenUuid.optional(),
  /** The standby that was told of last; where there is none any more, the report says so. */
  standbyUuid: XenUuid.optional(),
  /** By UUID or name of the network that the VM is on: UUID of the network of the target pool. */
  networks: z.record(z.string().max(1_000), XenUuid).default({}),
  /** How many states before the current one are kept. */
  keep: z.int().min(0).max(30),
  /** Read all of the standby back when it is written, and compare its root hashes. */
  prove: z.boolean(),
})
export type ReplicateSpec = z.infer<typeof ReplicateSpec>

/** Makes the standby the machine: unblocked, no longer written to, started. */
export const FailoverSpec = z.strictObject({
  kind: z.literal('failover'),
  ...target,
  /** A previous state, by its point; the newest complete one unless told. */
  pointId: Ulid.optional(),
  start: z.boolean(),
})
export type FailoverSpec = z.infer<typeof FailoverSpec>

/** The machine becomes a standby again; it holds what `point` says. */
export const RejoinSpec = z.strictObject({
  kind: z.literal('rejoin'),
  ...target,
  point: PointOf,
})
export type RejoinSpec = z.infer<typeof RejoinSpec>

export const StandbyState = z.strictObject({
  /** Of the snapshot. */
  uuid: XenUuid,
  pointId: Ulid,
  /** When the point was taken. */
  taken: Instant,
})

/** The standby after a job. */
export const StandbyReport = z.strictObject({
  standbyUuid: XenUuid,
  standbyName: NameLabel,
  /** What it holds. */
  pointId: Ulid,
  taken: Instant,
  /** `same`: it held the newest point already. */
  written: z.enum(['all', 'changes', 'same']),
  bytesWritten: Bytes,
  /** Read back and compared with the point. Else only what was sent is proven. */
  readBack: z.boolean(),
  started: z.boolean(),
  /** States that can be gone back to, the oldest first; the last is the current one. */
  states: z.array(StandbyState).max(100),
  notes: z.array(z.string().max(500)).max(50),
})
export type StandbyReport = z.infer<typeof StandbyReport>
