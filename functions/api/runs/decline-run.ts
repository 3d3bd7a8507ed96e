import { declineRun as decline } from '#core/runs/approvals.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const declineRun =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params, body, caller }: RouteCall<'declineRun'>): Promise<RouteReply<'declineRun'>> => {
    const how = { because: body.because, now: clock.now() }
    const { runId } = await decline(catalog, params.runId, caller, how)
    return { runId }
  }

export const handler = httpHandler('declineRun', declineRun)
