import { SrNotFoundError } from '#core/errors/control.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'

export const planRestore: PlanRequest<'restore'> = async (
  catalog,
  { pointId, newName, poolUuid, srUuid, start },
) => {
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
