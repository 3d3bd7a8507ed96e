import { EpochOutdatedError } from '#core/errors/control.ts'
import { RemovalNotAskedForError } from '#core/errors/maintenance.ts'
import { confirmRemoval as confirm } from '#core/maintenance/confirm-removal.ts'
import { guardWorker } from '#core/maintenance/guard-worker.ts'
import { isSettled } from '#core/region/late.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Asked by a gateway right before it removes a point: a hold may have been placed, or a policy changed, since the job was made. */
export const confirmRemoval =
  ({ catalog, clock, region }: Pick<Ports, 'catalog' | 'clock' | 'region'>) =>
  async ({
    params,
    body,
    caller,
  }: RouteCall<'confirmRemoval'>): Promise<RouteReply<'confirmRemoval'>> => {
    const { value: job } = await readJob(catalog, params.jobId)
    const holds = job.lease?.gatewayId === caller.gatewayId && job.epoch === body.epoch
    if (!holds || job.state === 'finished') throw new EpochOutdatedError(job.jobId)
    await guardWorker(catalog, job, caller.gatewayId)
    const { points, evenLast } =
      job.spec.kind === 'remove-points' ? job.spec : { points: [], evenLast: false }
    const point = points.find(({ pointId }) => pointId === body.pointId)
    if (!point) throw new RemovalNotAskedForError(job.jobId, body.pointId)
    if (job.cancelRequested) return { remove: false, because: 'The run was cancelled.' }
    const view = await region.view()
    if (view.epoch > 0 && !(await isSettled(catalog, view)))
      return { remove: false, because: JUST_TAKEN_OVER }
    const because = await confirm(catalog, { jobId: job.jobId, evenLast }, point, clock.now())
    return because === undefined ? { remove: true } : { remove: false, because }
  }

const JUST_TAKEN_OVER =
  'Another region has just taken over, and holds that were placed in the former one may still be on their way.'

export const handler = httpHandler('confirmRemoval', confirmRemoval)
