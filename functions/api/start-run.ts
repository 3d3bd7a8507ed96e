import type { z } from 'zod'
import type { JobSpec } from '#core/contracts/jobs.ts'
import type { StartRunRequest } from '#core/contracts/runs-api.ts'
import { toProblem } from '#core/errors/base.ts'
import { GatewaySilentError, SrNotFoundError } from '#core/errors/control.ts'
import { type Gateway, readGateways } from '#core/gateways/gateway.ts'
import { ulidMaker } from '#core/ids.ts'
import { readPool, readVms } from '#core/inventory/inventory.ts'
import { resolveVms } from '#core/inventory/resolve.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import { newJob } from '#core/runs/job.ts'
import { machineOf, type Run } from '#core/runs/run.ts'
import { closeRun, createRun } from '#core/runs/runs-catalog.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import type { Ports } from '../ports.ts'
import { httpHandler } from '../runtime.ts'

type Request = z.output<typeof StartRunRequest>

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
    const { title, specs } =
      body.kind === 'backup' ? await planBackup(catalog, body) : await planRestore(catalog, body)
    const gateways = await readGateways(catalog)
    for (const { poolUuid, vmName } of specs) guardServed(gateways, poolUuid, vmName)

    const newId = ulidMaker({ clock, random })
    const started = clock.now()
    const run: Run = { runId: newId(), kind: body.kind, state: 'running', title, started }
    const { runId } = run
    await createRun(
      catalog,
      run,
      specs.map(spec => newJob(newId(), runId, spec, started)),
    )
    try {
      await workflow.start(machineOf(run), runId, { runId })
    } catch (error) {
      await closeRun(catalog, runId, toProblem(error), clock.now())
      throw error
    }
    return { runId }
  }

interface Plan {
  title: string
  specs: JobSpec[]
}

const planBackup = async (
  catalog: Catalog,
  { vms: wanted, lock }: Extract<Request, { kind: 'backup' }>,
): Promise<Plan> => {
  const vms = resolveVms(await readVms(catalog), wanted)
  return {
    title: titleOf(vms.map(({ name }) => name)),
    specs: vms.map(({ poolUuid, uuid, name }) => ({
      kind: 'backup-vm',
      poolUuid,
      vmUuid: uuid,
      vmName: name,
      method: 'normal',
      ...(lock && { lock }),
    })),
  }
}

const planRestore = async (
  catalog: Catalog,
  { pointId, newName, poolUuid, srUuid, start }: Extract<Request, { kind: 'restore' }>,
): Promise<Plan> => {
  const point = await readPoint(catalog, pointId)
  const pool = await readPool(catalog, poolUuid ?? point.poolUuid)
  if (srUuid !== undefined && !pool.srs.some(({ uuid }) => uuid === srUuid))
    throw new SrNotFoundError(srUuid, pool.name)
  const name = newName ?? `${point.vmName.slice(0, 900)} (restored)`
  return {
    title: `${quoted(point.vmName, 200)} as ${quoted(name, 200)}`,
    specs: [
      {
        kind: 'restore-vm',
        poolUuid: pool.uuid,
        vmUuid: point.vmUuid,
        vmName: point.vmName,
        pointId,
        newName: name,
        ...(srUuid === undefined ? {} : { srUuid }),
        start,
      },
    ],
  }
}

const titleOf = (names: readonly string[]): string => {
  const shown = names.slice(0, 3).map(name => quoted(name, 100))
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ')
}

const guardServed = (gateways: readonly Gateway[], poolUuid: string, vmName: string): void => {
  if (!gateways.some(({ pools }) => pools.some(pool => pool.uuid === poolUuid)))
    throw new GatewaySilentError(
      `No enrolled gateway serves the pool ${poolUuid} of VM ${quoted(vmName)}.`,
    )
}

export const handler = httpHandler('startRun', startRun)
