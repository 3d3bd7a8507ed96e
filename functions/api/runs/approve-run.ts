import { approveRun as approve } from '#core/runs/approvals.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { driveRun } from '../../runs/drive-run.ts'
import { httpHandler } from '../../runtime.ts'

/** Lets a run begin that waits for somebody's agreement. Should the start fail, it is repeated when runs are looked after. */
export const approveRun =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'region'>) =>
  async ({ params, caller }: RouteCall<'approveRun'>): Promise<RouteReply<'approveRun'>> => {
    const { epoch } = await ports.region.view()
    const run = await approve(ports.catalog, params.runId, caller, ports.clock.now(), epoch)
    await driveRun(ports, run)
    return { runId: run.runId }
  }

export const handler = httpHandler('approveRun', approveRun)
