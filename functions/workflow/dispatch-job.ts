import type { z } from 'zod'
import { toProblem } from '#core/errors/base.ts'
import { GatewaySilentError } from '#core/errors/control.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { explainWaiting, quoted } from '#core/runs/explain.ts'
import { expireLease, finishJob, type Job, settleUnheld } from '#core/runs/job.ts'
import { changeJob, dispatchJob } from '#core/runs/jobs-catalog.ts'
import { limits } from '#core/runs/limits.ts'
import type { Ports } from '../ports.ts'
import { taskHandler } from '../runtime.ts'
import { DispatchInput } from './task-input.ts'

/**
 * Puts a job where its gateway looks for work, with the token of the task that waits for it. Runs again when the control plane was
 * restarted, and when no heartbeat came for a while; then it also decides whether waiting on makes sense.
 */
export const dispatchToGateway =
  ({ catalog, clock, workflow }: Pick<Ports, 'catalog' | 'clock' | 'workflow'>) =>
  async ({ runId, jobId, taskToken }: z.output<typeof DispatchInput>) => {
    const now = clock.now()
    const gateways = await readGateways(catalog)
    await dispatchJob(catalog, jobId, taskToken)
    const job = await changeJob(catalog, jobId, found => {
      const expired = expireLease(found, now)
      return expired.state === 'queued'
        ? (settleUnheld(expired, now) ?? giveUpWaiting(expired, gateways, now))
        : expired
    })
    if (job.state === 'finished') await workflow.succeedTask(taskToken, { runId, jobId })
    return {}
  }

const giveUpWaiting = (
  job: Job,
  gateways: Awaited<ReturnType<typeof readGateways>>,
  now: number,
): Job => {
  const since = Math.max(job.created, job.lease?.leaseUntil ?? 0)
  const serving = gateways.filter(({ pools }) =>
    pools.some(({ uuid }) => uuid === job.spec.poolUuid),
  )
  const heard = serving.some(({ lastSeen = 0 }) => now - lastSeen <= limits.gatewaySilentMs)
  if (heard || now - since < limits.queuePatienceMs) return job
  const silent = new GatewaySilentError(
    `The job on VM ${quoted(job.spec.vmName)} waited too long (${explainWaiting(job.spec.poolUuid, gateways, now)}).`,
  )
  return finishJob(job, { status: 'failed', problem: toProblem(silent) }, now)
}

export const handler = taskHandler(DispatchInput, dispatchToGateway)
