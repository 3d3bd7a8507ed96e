import type { z } from 'zod'
import type { Client } from '#core/contracts/client.ts'
import type { LeasedJob as LeasedJobSchema } from '#core/contracts/gateway-api.ts'
import type { JobOutcome, JobProgress } from '#core/contracts/jobs.ts'
import { asXenkeepError, toProblem } from '#core/errors/base.ts'
import { OutcomeRefusedError } from '#core/errors/control.ts'
import type { Log } from '../log.ts'
import { AgentStoppingError, JobCancelledError, LeaseLostError } from './errors.ts'
import { backOff, type Patience } from './patience.ts'

export type LeasedJob = z.infer<typeof LeasedJobSchema>

/** What a job hands back. */
export interface Performed {
  outcome: JobOutcome
  /** Done once the control plane has accepted the outcome, and only then: moving the CBT base. */
  settle?: () => Promise<void>
}

export interface JobContext {
  /** Aborted with `JobCancelledError`, `LeaseLostError` or `AgentStoppingError`. */
  signal: AbortSignal
  /** Tells how far the job is. Costs nothing; the next heartbeat takes it along. */
  report(progress: Partial<JobProgress>): void
  /** Of the lease as it stands: grows where the job was given to us again. */
  epoch(): number
}

/** Does a job. Throws when it fails; leaves nothing behind either way. */
export type Perform = (job: LeasedJob, context: JobContext) => Promise<Performed>

export interface JobHost {
  client: Client
  perform: Perform
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  log: Log
  heartbeatAfterSeconds: number
  /** The agent ends. */
  stopping: AbortSignal
}

/** A job under way in this process. */
export interface RunningJob {
  readonly jobId: string
  /** Ends when all is told and cleaned up; never by an error. */
  readonly done: Promise<void>
  /** The same job was leased to us again (our lease ran out unseen): go on under the new epoch. */
  adopt(job: LeasedJob): void
  /** It is not ours any more: it ends where it stands, and is told to nobody. */
  lose(cause: unknown): void
}

/** How long a lease call under way may take to hand a job to us again, in ms. */
const ADOPTION_MS = 1_000

/** Codes of the control plane that mean: this job is not ours any more. */
const LOST = new Set(['EPOCH_OUTDATED', 'JOB_NOT_FOUND', 'JOB_FINISHED', 'GATEWAY_REVOKED'])

/** Codes that mean: this outcome will never be taken, however often it is told. */
const REFUSED = new Set([
  'REQUEST_INVALID',
  'OUTCOME_MISMATCH',
  'BODY_TOO_LARGE',
  'CATALOG_INVALID',
])

export const startJob = (job: LeasedJob, host: JobHost): RunningJob => {
  const held = { epoch: job.epoch }
  const cancelling = new AbortController()
  return {
    jobId: job.jobId,
    lose: cause => cancelling.abort(new LeaseLostError(cause)),
    done: runJob(job, held, cancelling, host),
    adopt(again) {
      held.epoch = again.epoch
    },
  }
}

type Held = { epoch: number }

const runJob = async (
  job: LeasedJob,
  held: Held,
  cancelling: AbortController,
  host: JobHost,
): Promise<void> => {
  const { client, perform, patience, random, log, stopping } = host
  const finished = new AbortController()
  const progress: JobProgress = {
    phase: 'starting',
    bytesTotal: 0,
    bytesDone: 0,
    bytesRead: 0,
    bytesStored: 0,
  }
  const stop = () => cancelling.abort(new AgentStoppingError())
  if (stopping.aborted) stop()
  stopping.addEventListener('abort', stop, { once: true })

  const heartbeats = async () => {
    let after = host.heartbeatAfterSeconds * 1_000
    for (let failures = 0; ; ) {
      await patience.wait(after, finished.signal)
      if (finished.signal.aborted) return
      const { epoch } = held
      try {
        const answer = await client.call('heartbeat', {
          params: { jobId: job.jobId },
          body: { epoch, progress: { ...progress } },
          signal: finished.signal,
        })
        if (failures > 0) log.info(`Job ${job.jobId}: the control plane answers again.`)
        failures = 0
        after = answer.heartbeatAfterSeconds * 1_000
        if (answer.directive === 'cancel') cancelling.abort(new JobCancelledError())
      } catch (error) {
        if (finished.signal.aborted) return
        if (LOST.has(asXenkeepError(error).code)) {
          // The lease loop may have got this very job back in the meantime: its answer is a moment behind ours.
          await patience.wait(ADOPTION_MS, finished.signal)
          if (held.epoch !== epoch) continue
          return cancelling.abort(new LeaseLostError(error))
        }
        // The transfer goes on: what is read now need not be read again.
        if (failures === 0) log.warn(`Job ${job.jobId}: no heartbeat for now`, error)
        after = backOff(failures++, random())
      }
    }
  }

  const beating = heartbeats()
  let performed: Performed | undefined
  try {
    performed = await perform(job, {
      signal: cancelling.signal,
      report: more => Object.assign(progress, more),
      epoch: () => held.epoch,
    })
  } catch (error) {
    performed = failed(cancelling.signal.aborted ? cancelling.signal.reason : error)
    const { code } = asXenkeepError(error)
    if (performed?.outcome.status === 'failed') log.warn(`Job ${job.jobId} failed`, error)
    else log.info(`Job ${job.jobId} was stopped (${code}).`)
  }
  finished.abort()
  await beating
  stopping.removeEventListener('abort', stop)

  if (!performed) return
  // How far it really came, for whoever watches; the outcome is what counts.
  await client
    .call('heartbeat', { params: { jobId: job.jobId }, body: { epoch: held.epoch, progress } })
    .catch(() => undefined)
  if (!(await tell(job, held, performed.outcome, host))) return
  log.info(`Job ${job.jobId}: ${performed.outcome.status}, told.`)
  await performed.settle?.().catch(error => log.warn(`Job ${job.jobId}: clean-up put off`, error))
}

/** @returns nothing where nobody is to be told: the job goes on elsewhere or later. */
const failed = (error: unknown): Performed | undefined => {
  if (error instanceof AgentStoppingError || error instanceof LeaseLostError) return undefined
  if (error instanceof JobCancelledError) return { outcome: { status: 'cancelled' } }
  return { outcome: failureOf(error) }
}

const failureOf = (error: unknown): JobOutcome => ({
  status: 'failed',
  problem: toProblem(error),
})

/** Tells the outcome until it is accepted, or why it is not. @returns whether it was */
const tell = async (
  job: LeasedJob,
  held: Held,
  outcome: JobOutcome,
  host: JobHost,
): Promise<boolean> => {
  const { jobId } = job
  const { client, patience, random, log, stopping } = host
  for (let attempt = 0; ; attempt++) {
    const { epoch } = held
    try {
      // While stopping there is one attempt: the next process finds the work done and tells it.
      await client.call('result', { params: { jobId }, body: { epoch, outcome } })
      return true
    } catch (error) {
      const lost = LOST.has(asXenkeepError(error).code)
      if (lost) await patience.wait(ADOPTION_MS, stopping)
      if ((lost && held.epoch === epoch) || stopping.aborted) {
        log.warn(`Job ${jobId}: the outcome was not taken`, error)
        return false
      }
      if (outcome.status !== 'failed' && REFUSED.has(asXenkeepError(error).code)) {
        log.warn(`Job ${jobId}: the outcome will not be taken`, error)
        const refused = new OutcomeRefusedError(outcome.status, asXenkeepError(error))
        return tell(job, held, failureOf(refused), host)
      }
      if (attempt === 0) log.warn(`Job ${jobId}: the outcome cannot be told yet`, error)
      if (!lost) await patience.wait(backOff(attempt, random()), stopping)
    }
  }
}
