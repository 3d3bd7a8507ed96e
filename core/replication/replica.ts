import type { z } from 'zod'
import type { JobOutcome } from '../contracts/jobs.ts'
import type { ReplicaPhase, ReplicaStep, ReplicaView } from '../contracts/replicas-api.ts'
import { ReplicaBusyError, ReplicaPhaseError, StandbyEmptyError } from '../errors/replicas.ts'

/** A standby of one VM in another pool, as the catalog keeps it. */
export interface Replica {
  replicaId: string
  /** The VM that it stands by for; after a failback the VM that was restored. */
  vmUuid: string
  vmName: string
  /** Where the VM was when it was defined. */
  originPoolUuid: string
  poolUuid: string
  poolName: string
  srUuid?: string
  networks: Record<string, string>
  keep: number
  everySeconds: number
  proveEvery: number
  created: number
  phase: z.infer<typeof ReplicaPhase>
  /** The only run that may be under way. */
  current?: { runId: string; step: ReplicaStep; since: number }
  standby?: NonNullable<ReplicaView['standby']>
  last?: NonNullable<ReplicaView['last']>
  rounds: number
  missed: number
  nextDue: number
  /** When all of the standby was last read back and equal to the point that it held then. */
  readBack?: { at: number; pointId: string }
  /** How far a failback has come. */
  failback?: { pointId?: string; restoredUuid?: string } & FailbackWishes
}

/** How a person wants a failback. */
export interface FailbackWishes {
  /** As a new VM, whatever is at the origin. */
  full?: boolean
  /** Although the VM at the origin may hold what nobody else has. */
  overwrite?: boolean
}

/** In which phases a step may begin, and which phase begins with it. */
const STEPS: Record<ReplicaStep, { from: readonly Replica['phase'][]; to: Replica['phase'] }> = {
  round: { from: ['standing-by'], to: 'standing-by' },
  failover: { from: ['standing-by', 'failing-over', 'stopped'], to: 'failing-over' },
  'back-up-standby': { from: ['active', 'failing-back'], to: 'failing-back' },
  'restore-origin': { from: ['failing-back'], to: 'failing-back' },
  rejoin: { from: ['failing-back'], to: 'failing-back' },
}

/**
 * Reserves the replica for a run: until it is settled nothing else begins.
 * @throws `REPLICA_BUSY`, `REPLICA_PHASE`
 */
export const begin = (
  replica: Replica,
  step: ReplicaStep,
  runId: string,
  now: number,
  wishes?: FailbackWishes,
): Replica => {
  const { from, to } = STEPS[step]
  if (replica.current) throw new ReplicaBusyError(replica.vmName, replica.current.runId)
  if (!from.includes(replica.phase)) throw new ReplicaPhaseError(replica.vmName, replica.phase)
  return {
    ...(step === 'round' ? dueAgain(replica, now) : replica),
    phase: to,
    current: { runId, step, since: now },
    ...(wishes && { failback: { ...replica.failback, ...wishes } }),
  }
}

/** The next round is due a whole number of intervals after the last; those that nobody began in their time are counted. */
const dueAgain = (replica: Replica, now: number): Replica => {
  const every = replica.everySeconds * 1_000
  if (now < replica.nextDue) return { ...replica, nextDue: now + every } // somebody wanted it now
  const late = Math.floor((now - replica.nextDue) / every)
  return {
    ...replica,
    nextDue: replica.nextDue + (late + 1) * every,
    missed: replica.missed + late,
  }
}

/** What a run came to. */
export interface Ended {
  runId: string
  ok: boolean
  line: string
  /** Of its only job. */
  outcome?: JobOutcome | undefined
}

/** @returns the replica after its run; one that waits for another run is left as it is */
export const settle = (
  replica: Replica,
  { runId, ok, line, outcome }: Ended,
  now: number,
): Replica => {
  const { current, ...free } = replica
  if (current?.runId !== runId) return replica
  const { step } = current
  const after: Replica = {
    ...free,
    last: { runId, step, ended: now, ok, line: line.slice(0, 1_000) },
  }
  const told = standbyOf(outcome)
  const known = told ? { ...after, standby: told } : after
  switch (step) {
    case 'round':
      return ok ? { ...known, rounds: replica.rounds + 1, ...readBackOf(outcome, now) } : known
    case 'failover':
      return ok ? { ...known, phase: 'active' } : known
    case 'back-up-standby':
      // Somebody deleted the machine: there is nothing to bring back, and rounds make a new standby when a person wants them.
      if (problemOf(outcome) === 'VM_NOT_FOUND')
        return { ...withoutFailback(withoutStandby(known)), phase: 'stopped' }
      return ok && outcome?.status === 'backed-up'
        ? { ...known, failback: { ...replica.failback, pointId: outcome.point.pointId } }
        : { ...known, phase: 'active' }
    case 'restore-origin':
      // It was backed up too early, or too long ago: a failback begins anew when a person wants it.
      if (BEGUN_ANEW.has(problemOf(outcome) ?? '')) return withoutFailback(known)
      return ok && outcome?.status === 'restored'
        ? { ...known, failback: { ...replica.failback, restoredUuid: outcome.report.newVmUuid } }
        : known
    case 'rejoin': {
      const { failback, ...rest } = known
      // It was in use after its backup: what was restored is too old, and the failback begins anew when a person wants it.
      if (BEGUN_ANEW.has(problemOf(outcome) ?? '')) return withoutFailback(known)
      // One that somebody deleted is not needed: the machine is back, and the next round makes a new standby.
      const isGone = problemOf(outcome) === 'STANDBY_MISSING'
      if (!ok && !isGone) return known
      return {
        ...(isGone ? withoutStandby(rest) : rest),
        phase: 'standing-by',
        vmUuid: failback?.restoredUuid ?? replica.vmUuid,
        nextDue: now + replica.everySeconds * 1_000,
      }
    }
  }
}

/** What ends a failback: the backup of the standby is not, or no longer, what has to be brought back. */
const BEGUN_ANEW = new Set(['STANDBY_RUNS', 'STANDBY_CHANGED', 'POINT_NOT_FOUND'])

const withoutFailback = ({ failback: _, ...rest }: Replica): Replica => ({
  ...rest,
  phase: 'active',
})

const withoutStandby = ({ standby: _, ...rest }: Replica): Replica => rest

const readBackOf = (outcome: JobOutcome | undefined, at: number): Pick<Replica, 'readBack'> =>
  outcome?.status === 'replicated' && outcome.report.readBack
    ? { readBack: { at, pointId: outcome.report.pointId } }
    : {}

const problemOf = (outcome: JobOutcome | undefined): string | undefined =>
  outcome?.status === 'failed' ? outcome.problem.code : undefined

const standbyOf = (outcome: JobOutcome | undefined): Replica['standby'] => {
  if (
    outcome?.status !== 'replicated' &&
    outcome?.status !== 'failed-over' &&
    outcome?.status !== 'rejoined'
  )
    return undefined
  const { standbyUuid: uuid, standbyName: name, pointId, taken, states } = outcome.report
  return { uuid, name, pointId, taken, states }
}

/** The next step of a failback. */
export const failbackStep = ({ failback }: Replica): ReplicaStep => {
  if (failback?.pointId === undefined) return 'back-up-standby'
  return failback.restoredUuid === undefined ? 'restore-origin' : 'rejoin'
}

/**
 * What is to begin by itself now: a round that is due, or the next step of a failback that goes well. A failback that failed waits for a person.
 */
export const due = (replica: Replica, now: number): ReplicaStep | undefined => {
  if (replica.current) return undefined
  if (replica.phase === 'standing-by') return now >= replica.nextDue ? 'round' : undefined
  return replica.phase === 'failing-back' && replica.last?.ok ? failbackStep(replica) : undefined
}

/** @throws `REPLICA_BUSY`, `REPLICA_PHASE` */
export const stop = (replica: Replica): Replica => {
  if (replica.current) throw new ReplicaBusyError(replica.vmName, replica.current.runId)
  if (replica.phase !== 'standing-by' && replica.phase !== 'stopped')
    throw new ReplicaPhaseError(replica.vmName, replica.phase)
  return { ...replica, phase: 'stopped' }
}

/**
 * A failover that did not succeed may be given up too: where it got as far as the machine, the standby's own mark says so, and rounds refuse to write to it.
 * @throws `REPLICA_BUSY`, `REPLICA_PHASE`
 */
export const resume = (replica: Replica, now: number): Replica => {
  if (replica.phase === 'standing-by') return replica
  if (replica.current) throw new ReplicaBusyError(replica.vmName, replica.current.runId)
  if (replica.phase !== 'stopped' && replica.phase !== 'failing-over')
    throw new ReplicaPhaseError(replica.vmName, replica.phase)
  return { ...replica, phase: 'standing-by', nextDue: now }
}

/**
 * A copy of a kept state is tried out: it reserves nothing, so that rounds and a real failover go on beside it.
 * @throws `REPLICA_PHASE` where the standby is the machine; `STANDBY_EMPTY` before its first round
 */
export const guardTest = ({ vmName, phase, standby }: Replica): void => {
  if (phase === 'active' || phase === 'failing-back') throw new ReplicaPhaseError(vmName, phase)
  if (!standby) throw new StandbyEmptyError(vmName)
}
