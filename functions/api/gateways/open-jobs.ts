import { hasRunOut } from '#core/runs/job.ts'
import { openAmong } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Which of these jobs are not over: what they left on a pool may be gone on with, here or by another gateway that has them. */
export const openJobs =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params, body }: RouteCall<'openJobs'>): Promise<RouteReply<'openJobs'>> => {
    const jobs = await openAmong(catalog, body.jobIds)
    const elsewhere = jobs
      .filter(({ lease }) => lease && lease.gatewayId !== params.gatewayId)
      .map(job => ({
        jobId: job.jobId,
        current: job.state === 'leased' && !hasRunOut(job, clock.now()),
      }))
    return {
      open: jobs.map(({ jobId }) => jobId),
      ...(elsewhere.length > 0 && { elsewhere }),
    }
  }

export const handler = httpHandler('openJobs', openJobs)
