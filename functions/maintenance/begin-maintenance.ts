import { isConflict } from '#core/catalog/access.ts'
import type { MaintenanceRequest } from '#core/contracts/maintenance.ts'
import { NoMaintenanceGatewayError, NotRemovedHereError } from '#core/errors/maintenance.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import { onlyRun } from '#core/maintenance/one-run.ts'
import type { CatalogWrite } from '#core/ports.ts'
import { removesHere } from '#core/region/region.ts'
import { readReplica } from '#core/replicated/replicated-catalog.ts'
import { servingQueue } from '#core/runs/explain.ts'
import type { Run } from '#core/runs/run.ts'
import { REPOSITORY_QUEUE } from '#core/runs/work-of.ts'
import type { Ports } from '../ports.ts'
import { type BeginPorts, beginRequested, type WhenNotStarted } from '../runs/begin-run.ts'

/**
 * Starts a run over the repository. What it comes to its first task finds out (functions/plans/maintenance.ts): that takes minutes where many VMs have points.
 * @param beside written in one piece with the run
 * @param notStarted as of `beginRun`
 * @returns the run's id
 * @throws `NOT_REMOVED_HERE`, `MAINTENANCE_RUNNING`, `NO_MAINTENANCE_GATEWAY`, `CATALOG_CONFLICT` where something of `beside` is there already
 */
export const beginMaintenance = async (
  ports: BeginPorts & Pick<Ports, 'secondCopy'>,
  {
    steps: wanted,
    verification,
    startedBy,
  }: Pick<MaintenanceRequest, 'steps' | 'verification'> & Pick<Run, 'startedBy'>,
  runId: string,
  beside: readonly CatalogWrite[],
  notStarted: WhenNotStarted,
): Promise<string> => {
  const { catalog, region } = ports
  const { here, first } = region.setup
  if (!removesHere(region.setup) && wanted.some(step => step === 'retention' || step === 'collect'))
    throw new NotRemovedHereError(here, first)
  const guard = await onlyRun(catalog, runId)
  if (servingQueue(REPOSITORY_QUEUE, await readGateways(catalog)).length === 0)
    throw new NoMaintenanceGatewayError()
  const steps = await possible(ports, wanted)
  const request = { kind: 'maintenance' as const, steps, ...(verification && { verification }) }
  const title = steps.map(step => WORDS[step]).join(', ')
  try {
    return await beginRequested(
      ports,
      request,
      { title, startedBy },
      runId,
      [guard, ...beside],
      notStarted,
    )
  } catch (error) {
    // Somebody else began one in this very moment: the guard says who.
    if (isConflict(error)) await onlyRun(catalog, runId)
    throw error
  }
}

/** Who has no second copy is not told each day that there is none; who asks for just that is. */
const possible = async (
  { catalog, secondCopy }: Pick<Ports, 'catalog' | 'secondCopy'>,
  steps: MaintenanceRequest['steps'],
): Promise<MaintenanceRequest['steps']> => {
  const others = steps.filter(step => step !== 'compare')
  if (others.length === 0 || secondCopy || (await readReplica(catalog))) return steps
  return others
}

const WORDS = {
  retention: 'removal of expired points',
  collect: 'garbage collection',
  verify: 'verification',
  compare: 'comparison with the second copy',
} as const
