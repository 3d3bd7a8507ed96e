import type { PointKind, PointSummary } from '#core/contracts/points.ts'
import { PointOfOtherKindError } from '#core/errors/components.ts'
import { SrNotFoundError } from '#core/errors/control.ts'
import { readPool } from '#core/inventory/inventory.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'

const OTHER_KINDS: Partial<Record<PointKind, string>> = {
  'pool-metadata': 'the metadata of a pool',
  host: 'the control domain of a host',
}

const guardKind = ({ pointId, kind = 'vm' }: PointSummary): void => {
  const other = OTHER_KINDS[kind]
  if (other) throw new PointOfOtherKindError(pointId, other)
}

export const planRestore: PlanRequest<'restore'> = async (
  catalog,
  { pointId, newName, poolUuid, srUuid, start },
) => {
  const point = await readPoint(catalog, pointId)
  guardKind(point)
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
