import { toProblem } from '#core/errors/base.ts'
import { GatewaySilentError } from '#core/errors/control.ts'
import { type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { ulidMaker } from '#core/ids.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { newJob } from '#core/runs/job.ts'
import { machineOf, type Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import type { Plan } from './plans/plan.ts'
import { asGroup } from './plans/together.ts'
import type { Ports } from './ports.ts'

/**
 * Stores a run with its jobs and starts its workflow.
 * @param runId a new one unless told
 * @param beside written in one piece with the run
 * @returns the run's id
 * @throws `GATEWAY_SILENT` where nobody serves the pool of a job, `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginRun = async (
  { catalog, clock, random, workflow }: Pick<Ports, 'catalog' | 'clock' | 'random' | 'workflow'>,
  { kind, title, specs, together }: Plan & Pick<Run, 'kind'>,
  runId?: string,
  beside: readonly CatalogWrite[] = [],
): Promise<string> => {
  const gateways = await readGateways(catalog)
  for (const { poolUuid, vmName } of specs) guardServed(gateways, poolUuid, vmName)
  const newId = ulidMaker({ clock, random })
  const started = clock.now()
  const run: Run = { runId: runId ?? newId(), kind, state: 'running', title, started }
  const jobs = specs.map(spec => newJob(newId(), run.runId, spec, started))
  const members = together ? asGroup(jobs, together.whenOneFails) : jobs
  await createRun(catalog, run, members, beside)
  try {
    await workflow.start(machineOf(run), run.runId, { runId: run.runId })
  } catch (error) {
    await closeRun(catalog, run.runId, toProblem(error), clock.now())
    throw error
  }
  return run.runId
}

const guardServed = (gateways: readonly Gateway[], poolUuid: string, vmName: string): void => {
  if (gateways.some(({ pools }) => pools.some(pool => pool.uuid === poolUuid))) return
  // A gateway that never reached a pool does not know which it is.
  const [trouble] = gateways.flatMap(({ name, unreachable = [] }) =>
    unreachable.map(
      ({ address, problem }) =>
        ` Gateway ${quoted(name)} cannot use the pool at ${address}: ${problem}`,
    ),
  )
  throw new GatewaySilentError(
    `No enrolled gateway serves the pool ${poolUuid} of ${quoted(vmName)}.${trouble ?? ''}`,
  )
}
