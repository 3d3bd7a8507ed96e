import { beginRun } from '../begin-run.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import { planOf } from '../plans/index.ts'
import type { Ports } from '../ports.ts'
import { httpHandler } from '../runtime.ts'

/**
 * Plans a run, stores it and starts its workflow. What cannot be done at all is refused here; a gateway that is merely
 * silent is waited for, and the run's line says so.
 */
export const startRun =
  ({
    catalog,
    clock,
    random,
    workflow,
  }: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>) =>
  async ({ body }: RouteCall<'startRun'>): Promise<RouteReply<'startRun'>> => {
    const plan = await planOf(catalog, body)
    const ports = { catalog, clock, random, workflow }
    return { runId: await beginRun(ports, { kind: body.kind, ...plan }) }
  }

export const handler = httpHandler('startRun', startRun)
