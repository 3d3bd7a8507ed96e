import { toProblem } from '../errors/base.ts'
import { GatewaySilentError } from '../errors/control.ts'
import { RunProgramFailedError } from '../errors/policies.ts'
import { explainWaiting, type GatewaySign, servingQueue, subjectInWords } from './explain.ts'
import { endUnheld, expireLease, finishJob, type Job, settleUnheld } from './job.ts'
import { limits } from './limits.ts'
import type { Gate } from './programs.ts'
import { comesLast, isForPool, queueOf } from './work-of.ts'

/**
 * What becomes of an open job that nobody has reported on: back to the queue when its lease ran out, over when it was cancelled
 * meanwhile or started too often, failed when no living gateway has served its queue for too long.
 * @param upSince since when gateways can be heard (ms since 1970): while the control plane was down, their silence means nothing
 * @param gate its place among the jobs of its run
 * @returns the same job when all is well
 */
export const tendJob = (
  job: Job,
  gateways: readonly GatewaySign[],
  now: number,
  upSince = 0,
  gate: Gate = 'open',
): Job => {
  const open = expireLease(job, now)
  if (open.state !== 'queued') return open
  if (typeof gate === 'object') return finishJob(open, gate.outcome, now)
  // Its own time to wait begins when its turn comes.
  if (gate === 'closed' && comesLast(open)) return open
  return settleUnheld(open, now) ?? giveUpWaiting(open, gateways, now, upSince)
}

const isForVm = (spec: Job['spec']): boolean =>
  isForPool(spec) && spec.kind !== 'run-program' && spec.kind !== 'seal-site-point'

const giveUpWaiting = (
  job: Job,
  gateways: readonly GatewaySign[],
  now: number,
  upSince: number,
): Job => {
  const queue = queueOf(job.spec)
  const serving = servingQueue(queue, gateways)
  // The last job of a long run has waited for its turn, not for a gateway: what counts is how long nobody was heard.
  const silentSince = Math.max(
    job.created,
    upSince,
    job.lease?.leaseUntil ?? 0,
    ...serving.map(({ lastSeen = 0 }) => lastSeen),
  )
  const patience = comesLast(job) ? limits.lastProgramPatienceMs : limits.queuePatienceMs
  if (now - silentSince < patience) return job
  if (job.spec.kind === 'run-program' && comesLast(job)) {
    const why = `it was not run, because nobody worked on it for too long (${explainWaiting(queue, gateways, now)}).`
    const problem = toProblem(new RunProgramFailedError('after', why))
    return finishJob(job, { status: 'failed', problem }, now)
  }
  const silent = new GatewaySilentError(
    `Nobody worked on ${isForVm(job.spec) ? 'VM ' : ''}${subjectInWords(job.spec)} for too long (${explainWaiting(queue, gateways, now)}).`,
  )
  return endUnheld(job, { status: 'failed', problem: toProblem(silent) }, now)
}
