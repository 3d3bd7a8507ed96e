import { z } from 'zod'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { StandbyState } from './replication.ts'
import { PageQuery } from './runs-api.ts'
import { TestFailoverCommand } from './test-failover.ts'

/** POST /v1/replicas: a VM gets a standby in a pool; again for the same VM and pool, the definition is changed. */
export const PutReplicaRequest = z.strictObject({
  /** UUID or exact name. */
  vm: z.string().min(1).max(1_000),
  /** UUID or exact name. */
  pool: z.string().min(1).max(1_000),
  /** Storage repository of that pool, UUID or exact name; its default unless told. */
  sr: z.string().min(1).max(1_000).optional(),
  /** By UUID or name of the network that the VM is on: UUID of the network of the target pool. */
  networks: z
    .record(z.string().max(1_000), XenUuid)
    .refine(networks => Object.keys(networks).length <= 100, 'at most 100 networks')
    .default({}),
  keep: z.int().min(0).max(30).default(3),
  everySeconds: z
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(3_600),
  /** Each so many rounds the standby is read back in full; 0: never. */
  proveEvery: z.int().min(0).max(1_000).default(0),
})
export const PutReplicaReply = z.strictObject({ replicaId: Ulid })

const Sentences = z.array(z.string().max(1_000)).max(20)

/** POST /v1/replicas/preview: what such a definition comes to. */
export const PreviewReplicaReply = z.strictObject({
  /** The standby that the VM has in that pool already: its definition would be changed. */
  replicaId: Ulid.optional(),
  /** What would be done, in the order of the work. */
  steps: Sentences,
  /** What somebody should know before. */
  notes: Sentences,
})

export const ReplicaPhase = z.enum([
  'standing-by',
  'failing-over',
  'active',
  'failing-back',
  'stopped',
])

/** A piece of work on a replica; each is a run. */
export const ReplicaStep = z.enum([
  'round',
  'failover',
  'back-up-standby',
  'restore-origin',
  'rejoin',
])
export type ReplicaStep = z.infer<typeof ReplicaStep>

/**
 * How old the newest state is, held against the recovery points that there are and how often a round is due.
 * - `newest`: it is the newest recovery point
 * - `in-time`: there is a newer one, and rounds go well: one of the next brings it
 * - `behind`: there is a newer one, the state is older than two rounds are apart, and no round went well for so long
 * - `empty`: it holds nothing yet
 * - `no-rounds`: none are begun as it stands
 */
export const ReplicaAge = z.strictObject({
  state: z.enum(['newest', 'in-time', 'behind', 'empty', 'no-rounds']),
  text: z.string().max(500),
})
export type ReplicaAge = z.infer<typeof ReplicaAge>

/**
 * GET /v1/replicas, the oldest definition first. `search`: part of a name of the VM or the standby, or the id of one of them. `troubled`: the last attempt failed, or the
 * newest state is behind.
 */
export const ListReplicasQuery = PageQuery.extend({
  search: z.string().trim().min(1).max(255).optional(),
  /** Of the standby: UUID or exact name. */
  pool: NameLabel.min(1).optional(),
  phase: ReplicaPhase.optional(),
  troubled: z.literal('true').optional(),
})
export const ReplicaView = z.strictObject({
  replicaId: Ulid,
  vmUuid: XenUuid,
  vmName: NameLabel,
  poolUuid: XenUuid,
  poolName: NameLabel,
  keep: z.int(),
  everySeconds: z.int(),
  proveEvery: z.int(),
  phase: ReplicaPhase,
  current: z.strictObject({ runId: Ulid, step: ReplicaStep }).optional(),
  standby: z
    .strictObject({
      uuid: XenUuid,
      name: NameLabel,
      pointId: Ulid,
      taken: Instant,
      states: z.array(StandbyState),
    })
    .optional(),
  last: z
    .strictObject({
      runId: Ulid,
      step: ReplicaStep,
      ended: Instant,
      ok: z.boolean(),
      line: z.string(),
    })
    .optional(),
  nextDue: Instant,
  /** Rounds that were not begun in their time. */
  missed: z.int(),
  /** Control planes of before do not tell. */
  age: ReplicaAge.optional(),
  /** How it stands, in plain words. */
  line: z.string(),
})
export type ReplicaView = z.infer<typeof ReplicaView>
export const ListReplicasReply = z.strictObject({
  items: z.array(ReplicaView),
  next: z.string().optional(),
  /** How many match; left out where nothing narrows. */
  total: z.int().nonnegative().optional(),
})

/** POST /v1/replicas/{replicaId}/commands */
export const ReplicaCommandRequest = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('round') }),
  z.strictObject({
    command: z.literal('failover'),
    /** Although the VM was running when its gateway told last. */
    force: z.boolean().default(false),
    start: z.boolean().default(true),
    /** A previous state, by its point. */
    pointId: Ulid.optional(),
  }),
  /** Where it was cut off it goes on. */
  z.strictObject({
    command: z.literal('failback'),
    /** As a new VM at the origin, whatever is there. */
    full: z.boolean().default(false),
    /** Also over a VM at the origin that was started since; its state stays as a snapshot. */
    overwrite: z.boolean().default(false),
  }),
  TestFailoverCommand,
  z.strictObject({ command: z.literal('stop') }),
  z.strictObject({ command: z.literal('resume') }),
])
export const ReplicaCommandReply = z.strictObject({ replicaId: Ulid, runId: Ulid.optional() })
