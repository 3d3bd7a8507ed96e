import { isGoodBoot } from '../contracts/boot-check.ts'
import type { JobOutcome, JobProgress, JobSpec } from '../contracts/jobs.ts'
import { toProblem } from '../errors/base.ts'
import { EpochOutdatedError, JobGivenUpError, OutcomeMismatchError } from '../errors/control.ts'
import { JobPerhapsDoneError } from '../errors/region.ts'
import { limits } from './limits.ts'
import { nextPace, type Pace } from './pace.ts'
import { comesLast, objectOf } from './work-of.ts'

/** Which process holds a job, and until when (ms since 1970) unless it is heard of again. */
export interface Lease {
  gatewayId: string
  instance: string
  leaseUntil: number
}

/**
 * One unit of work as the catalog keeps it. `queued` and `leased` jobs are open; `finished` is for ever.
 * A queued job keeps the lease that ran out, so that its gateway may still come back while nobody else took over.
 */
export interface Job {
  jobId: string
  runId: string
  spec: JobSpec
  state: 'queued' | 'leased' | 'finished'
  /** Only of a large run: which item of its tally counts the end of this job. */
  shard?: number
  /** Counts the leases: 0 before the first. Fencing token. */
  epoch: number
  created: number
  lease?: Lease
  cancelRequested?: true
  /**
   * A region was taken over while it was open, and it must not be done twice (core/region/repeatable.ts): nobody is given it, and only a gateway that
   * has it goes on with it. Where none is heard of by then (ms since 1970), it ends.
   */
  perhapsDoneUntil?: number
  /** A job that nobody has begun by then (ms since 1970) is left out: the end of its policy's window. */
  beginBefore?: number
  /** How many jobs of its run may be under way at once in its pool. */
  jobsAtOnce?: number
  /** Jobs of its run that come before it: the program before the run, whose failure stops it; members of a site, whose end alone it waits for. Older versions wrote one id. */
  startsAfter?: string | readonly string[]
  /** Of a member of a site: which task of the site's plan it is. */
  siteTask?: string
  /** Of the dispatch task that waits for this job. Never leaves the control plane. */
  taskToken?: string
  progress?: JobProgress
  progressAt?: number
  pace?: Pace
  /** When it was last given to a gateway, and when it ended. Those of older versions do not tell the first. */
  begun?: number
  outcome?: JobOutcome
  finished?: number
}

/** Who asks for work. */
export interface Worker {
  gatewayId: string
  instance: string
  /** Jobs that this process knows to be its own, where it tells. */
  holding?: readonly string[] | undefined
}

export const newJob = (jobId: string, runId: string, spec: JobSpec, now: number): Job => ({
  jobId,
  runId,
  spec,
  state: 'queued',
  epoch: 0,
  created: now,
})

/**
 * Whether `worker` may take the job now: it is queued, its lease ran out, or nobody works on it although it is leased to this
 * very gateway: to a former life of it, as a new `instance` proves, or by an answer that got lost on its way. Never one that may be done already.
 */
export const isTakeable = (job: Job, worker: Worker, now: number): boolean => {
  if (job.perhapsDoneUntil !== undefined) return false
  if (job.state === 'queued' || hasRunOut(job, now)) return true
  if (job.state === 'finished' || job.lease?.gatewayId !== worker.gatewayId) return false
  return (
    job.lease.instance !== worker.instance ||
    (worker.holding !== undefined && !worker.holding.includes(job.jobId))
  )
}

export const hasRunOut = (job: Job, now: number): boolean =>
  job.state === 'leased' && (job.lease?.leaseUntil ?? 0) <= now

/**
 * What becomes of a takeable job: leased to `worker` under the next epoch; or finished, when it was cancelled meanwhile or
 * given out too often already.
 */
export const takeJob = (job: Job, worker: Worker, now: number): Job => {
  const settled = settleUnheld(job, now)
  if (settled) return settled
  return {
    ...job,
    state: 'leased',
    epoch: job.epoch + 1,
    begun: now,
    lease: {
      gatewayId: worker.gatewayId,
      instance: worker.instance,
      leaseUntil: now + limits.leaseMs,
    },
  }
}

const WINDOW_ENDED =
  'The window of its policy ended before its turn came, so it was not begun; give the window more time, or the policy fewer VMs.'

/** @returns the finished job when nobody needs to work on it any more, else `undefined`; only for jobs that nobody holds */
export const settleUnheld = (job: Job, now: number): Job | undefined => {
  if (job.cancelRequested) return endUnheld(job, { status: 'cancelled' }, now)
  if (job.perhapsDoneUntil !== undefined && job.perhapsDoneUntil <= now)
    return endUnheld(job, { status: 'failed', problem: toProblem(new JobPerhapsDoneError()) }, now)
  if (job.epoch === 0 && job.beginBefore !== undefined && job.beginBefore <= now)
    return finishJob(job, { status: 'skipped', reason: WINDOW_ENDED }, now)
  if (job.epoch >= limits.maxAttempts)
    return endUnheld(
      job,
      { status: 'failed', problem: toProblem(new JobGivenUpError(job.epoch)) },
      now,
    )
  return undefined
}

/** A leased job whose gateway may not work on it any more goes back to the queue at once. */
export const releaseJob = (job: Job, gatewayId: string, now: number): Job =>
  job.state === 'leased' && job.lease?.gatewayId === gatewayId
    ? (settleUnheld(job, now) ?? {
        ...job,
        state: 'queued',
        lease: { ...job.lease, leaseUntil: now },
      })
    : job

/** A leased job whose gateway was not heard of in time goes back to the queue. */
export const expireLease = (job: Job, now: number): Job =>
  hasRunOut(job, now) ? { ...job, state: 'queued' } : job

/**
 * @returns the job with its lease extended; a finished one as it is, so that a late heartbeat is told to stop
 * @throws `EPOCH_OUTDATED`
 */
export const heartbeatJob = (
  job: Job,
  { gatewayId, epoch }: { gatewayId: string; epoch: number },
  progress: JobProgress,
  now: number,
): Job => {
  const lease = guardEpoch(job, gatewayId, epoch)
  if (job.state === 'finished') return job
  // Who works on it has not ended it.
  const { pace: _, perhapsDoneUntil: _isNot, ...rest } = job
  const pace = nextPace(job, progress, now)
  return {
    ...rest,
    state: 'leased',
    lease: { ...lease, leaseUntil: now + limits.leaseMs },
    ...(pace && { pace }),
    progress,
    progressAt: now,
  }
}

/**
 * @returns the finished job; the same one again when this lease has told its result already (the first outcome stands)
 * @throws `EPOCH_OUTDATED`, `OUTCOME_MISMATCH`
 */
export const acceptOutcome = (
  job: Job,
  { gatewayId, epoch }: { gatewayId: string; epoch: number },
  outcome: JobOutcome,
  now: number,
): Job => {
  guardEpoch(job, gatewayId, epoch)
  if (job.state === 'finished') return job
  guardOutcome(job, outcome)
  return finishJob(job, outcome, now)
}

/** An open job that nobody holds, or perhaps nobody, ends at once; a leased one when its gateway has heard of it; the program after a run does its work all the same. */
export const requestCancel = (job: Job, now: number): Job => {
  if (job.state === 'finished' || comesLast(job)) return job
  const asked: Job = job.cancelRequested ? job : { ...job, cancelRequested: true }
  return job.state === 'queued' || hasRunOut(job, now) || job.perhapsDoneUntil !== undefined
    ? endUnheld(asked, { status: 'cancelled' }, now)
    : asked
}

export const finishJob = (job: Job, outcome: JobOutcome, now: number): Job =>
  job.state === 'finished' ? job : { ...job, state: 'finished', outcome, finished: now }

/** Ends a job that no gateway holds, and tells what the last one may have left as it should not be. */
export const endUnheld = (job: Job, outcome: JobOutcome, now: number): Job => {
  const left = leftBy(job)
  if (left === undefined) return finishJob(job, outcome, now)
  if (outcome.status === 'cancelled')
    return finishJob(job, { ...outcome, notes: [left, ...(outcome.notes ?? [])] }, now)
  if (outcome.status !== 'failed') return finishJob(job, outcome, now)
  const { problem } = outcome
  const message = `${problem.message} ${left}`
  return finishJob(job, { ...outcome, problem: { ...problem, message } }, now)
}

/** Of a backup that was begun: what its policy wanted done after it. */
const leftBy = ({ spec, epoch }: Job): string | undefined =>
  epoch > 0 && spec.kind === 'backup-vm' && spec.hooks?.after
    ? `The program "${spec.hooks.after.script}" after the backup may not have run, because its gateway was lost in between; see that what was stopped for the backup is started again.`
    : undefined

/** What each kind of job may come to when it ends well, and why nothing else. */
const OUTCOMES = {
  'backup-vm': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'backup-pool-metadata': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'backup-host': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'backup-template': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'seal-site-point': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'restore-vm': { statuses: ['restored', 'planned'], refusal: 'it was no restore' },
  'restore-new-disks': {
    statuses: ['disks-restored', 'planned'],
    refusal: 'it was no restore of disks',
  },
  'rehearse-pool-restore': { statuses: ['planned'], refusal: 'it was no restore' },
  'boot-check': { statuses: ['boot-checked'], refusal: 'it was no boot check' },
  replicate: { statuses: ['replicated'], refusal: 'it was no replication' },
  failover: { statuses: ['failed-over'], refusal: 'it was no failover' },
  'test-failover': { statuses: ['boot-checked'], refusal: 'it was no boot check' },
  'fail-back': { statuses: ['restored'], refusal: 'it was no restore' },
  rejoin: { statuses: ['rejoined'], refusal: 'it was no return of a standby' },
  'run-program': { statuses: ['program-ran'], refusal: 'no program was run' },
  'remove-points': { statuses: ['points-removed'], refusal: 'it was no removal of points' },
  'collect-garbage': { statuses: ['garbage-collected'], refusal: 'it was no garbage collection' },
  'verify-repository': { statuses: ['verified'], refusal: 'it was no verification' },
  'lock-held-points': { statuses: ['points-locked'], refusal: 'it was no locking of points' },
  'compare-replica': {
    statuses: ['replica-compared'],
    refusal: 'it was no comparison with the second copy',
  },
  'read-site-plan': { statuses: ['planned'], refusal: 'it was no reading of a plan' },
  'read-files': { statuses: ['files-read'], refusal: 'it was no look at files' },
  'capture-component': { statuses: ['backed-up'], refusal: 'it was no backup' },
  'restore-component': {
    statuses: ['component-restored'],
    refusal: 'it was no restore of a component',
  },
} as const satisfies Record<
  JobSpec['kind'],
  { statuses: readonly JobOutcome['status'][]; refusal: string }
>

/** What jobs come to that end by themselves. */
const DONE: readonly JobOutcome['status'][] = Object.values(OUTCOMES).flatMap(
  ({ statuses }) => statuses,
)

/** Whether a job came to what it was for. A boot check that tells that a point does not boot has done its work, and is not good; nor is a verification that found damage, a hold that could not be locked, a second copy that cannot be opened, or a restore of a component that stopped before its end. */
export const isGood = (outcome: JobOutcome | undefined): boolean =>
  outcome !== undefined &&
  DONE.includes(outcome.status) &&
  (outcome.status !== 'boot-checked' || isGoodBoot(outcome.result)) &&
  (outcome.status !== 'verified' || outcome.report.damages === 0) &&
  (outcome.status !== 'replica-compared' || outcome.report.shut === undefined) &&
  (outcome.status !== 'component-restored' || outcome.report.stopped === undefined) &&
  (outcome.status !== 'points-locked' ||
    outcome.report.points.every(({ because }) => because === undefined))

/** Whether a job has ended where a person has to do something before another one goes on. */
export const waitsForPerson = (outcome: JobOutcome | undefined): boolean =>
  outcome?.status === 'component-restored' && outcome.report.stopped?.because === 'manual'

const guardEpoch = (job: Job, gatewayId: string, epoch: number): Lease => {
  if (!job.lease || epoch !== job.epoch || gatewayId !== job.lease.gatewayId)
    throw new EpochOutdatedError(job.jobId)
  return job.lease
}

const guardOutcome = ({ jobId, spec }: Job, outcome: JobOutcome): void => {
  const refuse = (why: string): never => {
    throw new OutcomeMismatchError(jobId, why)
  }
  const due: readonly JobOutcome['status'][] = OUTCOMES[spec.kind].statuses
  for (const { statuses, refusal } of Object.values(OUTCOMES))
    if (statuses.some(status => status === outcome.status) && !due.includes(outcome.status))
      refuse(refusal)
  if (outcome.status === 'backed-up') {
    if (outcome.point.pointId !== jobId) refuse('the recovery point is not named by the job')
    if (outcome.point.vmUuid !== objectOf(spec)) refuse('the recovery point is one of another VM')
    // A guest is believed less than a gateway: by another kind or name its point would be taken for one of a machine.
    if (
      spec.kind === 'capture-component' &&
      (outcome.point.kind !== 'component' ||
        outcome.point.vmName !== spec.name ||
        outcome.point.poolUuid !== spec.guestUuid)
    )
      refuse('the recovery point is not one of this component')
  }
}
