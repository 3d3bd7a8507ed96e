import { toProblem } from '../errors/base.ts'
import { GatewaySilentError } from '../errors/control.ts'
import { explainWaiting, type GatewaySign, quoted } from './explain.ts'
import { expireLease, finishJob, type Job, settleUnheld } from './job.ts'
import { limits } from './limits.ts'

/**
 * What becomes of an open job that nobody has reported on: back to the queue when its lease ran out, over when it was cancelled
 * meanwhile or started too often, failed when its pool has had no living gateway for too long.
 * @returns the same job when all is well
 */
export const tendJob = (job: Job, gateways: readonly GatewaySign[], now: number): Job => {
  const open = expireLease(job, now)
  if (open.state !== 'queued') return open
  return settleUnheld(open, now) ?? giveUpWaiting(open, gateways, now)
}

const giveUpWaiting = (job: Job, gateways: readonly GatewaySign[], now: number): Job => {
  const { poolUuid, vmName } = job.spec
  const waitingSince = Math.max(job.created, job.lease?.leaseUntil ?? 0)
  const isServed = gateways.some(
    ({ pools, lastSeen = 0 }) =>
      pools.some(({ uuid }) => uuid === poolUuid) && now - lastSeen <= limits.gatewaySilentMs,
  )
  if (isServed || now - waitingSince < limits.queuePatienceMs) return job
  const silent = new GatewaySilentError(
    `Nobody worked on VM ${quoted(vmName)} for too long (${explainWaiting(poolUuid, gateways, now)}).`,
  )
  return finishJob(job, { status: 'failed', problem: toProblem(silent) }, now)
}
