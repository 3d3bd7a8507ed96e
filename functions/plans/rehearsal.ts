import { readPool } from '#core/inventory/inventory.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { quoted } from '#core/runs/explain.ts'
import type { Plan } from './plan.ts'

/**
 * What "only plan it" means for the metadata of a pool: the pool is asked whether it would take them.
 * @returns nothing where the point is of another kind
 */
export const planRehearsal = async (
  catalog: Catalog,
  pointId: string,
  poolUuid: string | undefined,
): Promise<Plan | undefined> => {
  const { kind, vmUuid, vmName, poolUuid: home } = await readPoint(catalog, pointId)
  if (kind !== 'pool-metadata') return undefined
  const pool = await readPool(catalog, poolUuid ?? home)
  return {
    title: `rehearsal: the database of ${quoted(vmName, 200)} on ${quoted(pool.name, 200)}`,
    specs: [{ kind: 'rehearse-pool-restore', poolUuid: pool.uuid, vmUuid, vmName, pointId }],
  }
}
