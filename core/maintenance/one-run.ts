import { keys } from '../catalog/keys.ts'
import { MaintenanceRunningError } from '../errors/maintenance.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import type { Run } from '../runs/run.ts'

/**
 * Lets one run over the whole repository begin at a time.
 * @returns what to write in one piece with the run: of two that begin at once one meets a conflict
 * @throws `MAINTENANCE_RUNNING`
 */
export const onlyRun = async (catalog: Catalog, runId: string): Promise<CatalogWrite> => {
  const key = keys.maintenance('run')
  const item = await catalog.get<{ runId: string }>(key)
  if (item) {
    const last = await catalog.get<Run>(keys.run(item.value.runId))
    if (last?.value.state === 'running') throw new MaintenanceRunningError(item.value.runId)
  }
  const expect = item ? { version: item.version } : ('absent' as const)
  return { kind: 'put', key, value: { runId }, expect }
}
