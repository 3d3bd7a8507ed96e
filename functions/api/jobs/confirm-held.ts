import { EpochOutdatedError } from '#core/errors/control.ts'
import { RequestInvalidError } from '#core/errors/request.ts'
import { guardWorker } from '#core/maintenance/guard-worker.ts'
import { heldUntil } from '#core/maintenance/held-locks.ts'
import { readHoldsOn } from '#core/maintenance/holds.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Asked by a gateway right before it locks a point: the hold may have been released, or changed, since the job was made. */
export const confirmHeld =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params,
    body,
    caller,
  }: RouteCall<'confirmHeld'>): Promise<RouteReply<'confirmHeld'>> => {
    const { value: job } = await readJob(catalog, params.jobId)
    const { jobId, spec } = job
    const isHeldByCaller = job.lease?.gatewayId === caller.gatewayId && job.epoch === body.epoch
    if (!isHeldByCaller || job.state === 'finished') throw new EpochOutdatedError(jobId)
    await guardWorker(catalog, job, caller.gatewayId)
    const points = spec.kind === 'lock-held-points' ? spec.points : []
    const point = points.find(({ pointId }) => pointId === body.pointId)
    if (!point || spec.kind !== 'lock-held-points')
      throw new RequestInvalidError(`the job ${jobId} does not lock the point ${body.pointId}.`)
    const now = clock.now()
    const found = heldUntil(point, await readHoldsOn(catalog, point), now)
    // A hold that was made longer since is locked by a job of its own: the session of this one goes no further.
    return found.until === undefined
      ? found
      : { ...found, until: Math.min(found.until, Math.max(spec.until, now)) }
  }

export const handler = httpHandler('confirmHeld', confirmHeld)
