import { z } from 'zod'
import { BootCheckResult } from './boot-check.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { ReplicaStep, ReplicaView } from './replicas-api.ts'
import { StandbyState } from './replication.ts'
import { VmRun } from './vms-api.ts'

/** What a command would do with a standby as it stands. */
export const ForetoldDeed = z.strictObject({
  /** Why it would be refused now, in a sentence. */
  refused: z.string().max(1_000).optional(),
  /** What makes it dangerous now: it has to be forced. */
  risk: z.string().max(1_000).optional(),
  /** What it would do, in the order of the work. */
  steps: z.array(z.string().max(1_000)).max(20),
})
export type ForetoldDeed = z.infer<typeof ForetoldDeed>

const Named = z.strictObject({ uuid: XenUuid, name: NameLabel })

/** GET /v1/replicas/{replicaId} */
export const GetReplicaReply = z.strictObject({
  replica: ReplicaView,
  created: Instant,
  /** Rounds that went well. */
  rounds: z.int().nonnegative(),
  /** The pool of the VM when the standby was defined; its name where the inventory knows it. */
  origin: Named.partial({ name: true }),
  /** Where new disks go; left out: the default of the pool. */
  sr: Named.partial({ name: true }).optional(),
  networks: z.array(
    z.strictObject({
      /** Name or UUID, as it was said. */
      from: z.string().max(1_000),
      /** Of a UUID, where the inventory knows it. */
      fromName: NameLabel.optional(),
      to: XenUuid,
      toName: NameLabel.optional(),
    }),
  ),
  /** What can be gone back to, the newest first; with the newest test failover of each. */
  states: z.array(StandbyState.extend({ test: BootCheckResult.optional() })),
  /** When all of it was last read back and was equal to the recovery point that it held then; older control planes did not keep it. */
  readBack: z.strictObject({ at: Instant, pointId: Ulid }).optional(),
  /** Of a failback that was begun: what it goes on with. */
  nextStep: ReplicaStep.optional(),
  /** The newest jobs about it, ten at most. */
  runs: z.array(VmRun).max(10),
  deeds: z.strictObject({
    round: ForetoldDeed,
    test: ForetoldDeed,
    failover: ForetoldDeed,
    failback: ForetoldDeed,
    stop: ForetoldDeed,
    resume: ForetoldDeed,
  }),
})
export type ReplicaDetail = z.infer<typeof GetReplicaReply>
