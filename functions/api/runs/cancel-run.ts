import { cancelJobs } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from '../jobs/tell-waiting.ts'

/** Asks a run to stop. A run that has ended is left as it is; a repeated call repeats what is needed. */
export const cancelRun =
  ({ catalog, clock, workflow }: Pick<Ports, 'catalog' | 'clock' | 'workflow'>) =>
  async ({ params, caller }: RouteCall<'cancelRun'>): Promise<RouteReply<'cancelRun'>> => {
    await tellWaiting(workflow, await cancelJobs(catalog, params.runId, clock.now(), caller.name))
    return { runId: params.runId }
  }

export const handler = httpHandler('cancelRun', cancelRun)
