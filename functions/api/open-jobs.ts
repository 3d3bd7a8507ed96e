import { openAmong } from '#core/runs/jobs-catalog.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import type { Ports } from '../ports.ts'
import { httpHandler } from '../runtime.ts'

/** Which of these jobs are not over: what they left on a pool may be gone on with. */
export const openJobs =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ body }: RouteCall<'openJobs'>): Promise<RouteReply<'openJobs'>> => ({
    open: await openAmong(catalog, body.jobIds),
  })

export const handler = httpHandler('openJobs', openJobs)
