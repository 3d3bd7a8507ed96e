import { EpochOutdatedError } from '#core/errors/control.ts'
import { keeperOf } from '#core/gateways/keeper.ts'
import { guardWorker } from '#core/maintenance/guard-worker.ts'
import { heartbeatJob } from '#core/runs/job.ts'
import { changeJob, readJob } from '#core/runs/jobs-catalog.ts'
import { queueOf } from '#core/runs/work-of.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Extends the lease and the waiting task, keeps the progress, and hands over a wish to cancel. */
export const heartbeat =
  ({
    catalog,
    clock,
    workflow,
    timing,
  }: Pick<Ports, 'catalog' | 'clock' | 'workflow' | 'timing'>) =>
  async ({ params, body, caller }: RouteCall<'heartbeat'>): Promise<RouteReply<'heartbeat'>> => {
    const { gatewayId } = caller
    const { epoch, progress } = body
    // Two gateways must not work on one pool, or on the repository: one that was silent, or did not reach the pool, for so long leaves its jobs to the other.
    const { value: before } = await readJob(catalog, params.jobId)
    const keeper = await keeperOf(catalog, queueOf(before.spec), clock.now())
    if (before.state !== 'finished' && keeper !== undefined && keeper !== gatewayId)
      throw new EpochOutdatedError(before.jobId)
    await guardWorker(catalog, before, gatewayId)
    const job = await changeJob(catalog, params.jobId, found =>
      heartbeatJob(found, { gatewayId, epoch }, progress, clock.now()),
    )
    const isOver = job.state === 'finished'
    if (!isOver && job.taskToken !== undefined) await workflow.heartbeatTask(job.taskToken)
    return {
      directive: isOver || job.cancelRequested ? 'cancel' : 'continue',
      leaseUntil: job.lease?.leaseUntil ?? clock.now(),
      heartbeatAfterSeconds: timing.heartbeatSeconds,
    }
  }

export const handler = httpHandler('heartbeat', heartbeat)
