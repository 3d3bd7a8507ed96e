import { approvalFor } from '#core/access/approval.ts'
import { ulidMaker } from '#core/ids.ts'
import { beginRun } from '../../begin-run.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { planOf } from '../../plans/index.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Plans a run, stores it and starts its workflow. What cannot be done at all is refused here; a gateway that is merely
 * silent is waited for, and the run's line says so. A restore that somebody has to agree to waits for that. Under an idempotency key, the key's answer is stored in one piece with the run.
 */
export const startRun =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow' | 'restoreApproval'>) =>
  async ({ body, caller, settle }: RouteCall<'startRun'>): Promise<RouteReply<'startRun'>> => {
    const plan = await planOf(ports.catalog, body)
    const runId = ulidMaker(ports)()
    const beside = settle ? [settle({ runId })] : []
    const kind = body.kind === 'policy' ? 'backup' : body.kind
    const approval = approvalFor(plan.specs, caller, ports.restoreApproval)
    const wanted = { kind, ...plan, ...(approval && { approval }) }
    return { runId: await beginRun(ports, wanted, runId, beside) }
  }

export const handler = httpHandler('startRun', startRun)
