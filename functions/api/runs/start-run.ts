import { isConflict } from '#core/catalog/access.ts'
import { ulidMaker } from '#core/ids.ts'
import { runStartedBy, startOf, startWrite } from '#core/runs/starts.ts'
import { beginRun } from '../../begin-run.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { planOf } from '../../plans/index.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

type StartPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>
type Call = RouteCall<'startRun'>

/**
 * Plans a run, stores it and starts its workflow. What cannot be done at all is refused here; a gateway that is merely
 * silent is waited for, and the run's line says so. A request that comes again under the same key gets the run of the first.
 */
export const startRun =
  (ports: StartPorts) =>
  async (call: Call): Promise<RouteReply<'startRun'>> => {
    if (call.idempotencyKey === undefined) return { runId: await begin(ports, call) }
    const start = await startOf(call.caller.name, call.idempotencyKey, call.body)
    const before = await runStartedBy(ports.catalog, start)
    if (before) return { runId: before }
    try {
      return { runId: await begin(ports, call, runId => [startWrite(start, runId)]) }
    } catch (error) {
      const other = isConflict(error) && (await runStartedBy(ports.catalog, start))
      if (other) return { runId: other }
      throw error
    }
  }

const begin = async (
  ports: StartPorts,
  { body }: Call,
  beside: (runId: string) => Parameters<typeof beginRun>[3] = () => [],
): Promise<string> => {
  const plan = await planOf(ports.catalog, body)
  const runId = ulidMaker(ports)()
  return beginRun(ports, { kind: body.kind, ...plan }, runId, beside(runId))
}

export const handler = httpHandler('startRun', startRun)
