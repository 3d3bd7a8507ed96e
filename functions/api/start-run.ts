import { toProblem } from '#core/errors/base.ts'
import { GatewaySilentError } from '#core/errors/control.ts'
import { type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { ulidMaker } from '#core/ids.ts'
import { quoted } from '#core/runs/explain.ts'
import { newJob } from '#core/runs/job.ts'
import { machineOf, type Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import { planOf } from '../plans/index.ts'
import { asGroup } from '../plans/together.ts'
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
    const { title, specs, together } = await planOf(catalog, body)
    const gateways = await readGateways(catalog)
    for (const { poolUuid, vmName } of specs) guardServed(gateways, poolUuid, vmName)

    const newId = ulidMaker({ clock, random })
    const started = clock.now()
    const run: Run = { runId: newId(), kind: body.kind, state: 'running', title, started }
    const { runId } = run
    const jobs = specs.map(spec => newJob(newId(), runId, spec, started))
    await createRun(catalog, run, together ? asGroup(jobs, together.whenOneFails) : jobs)
    try {
      await workflow.start(machineOf(run), runId, { runId })
    } catch (error) {
      await closeRun(catalog, runId, toProblem(error), clock.now())
      throw error
    }
    return { runId }
  }

const guardServed = (gateways: readonly Gateway[], poolUuid: string, vmName: string): void => {
  if (!gateways.some(({ pools }) => pools.some(pool => pool.uuid === poolUuid)))
    throw new GatewaySilentError(
      `No enrolled gateway serves the pool ${poolUuid} of VM ${quoted(vmName)}.`,
    )
}

export const handler = httpHandler('startRun', startRun)
