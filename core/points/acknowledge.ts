import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary, UnusualChange } from '../contracts/points.ts'
import { PointNotFoundError } from '../errors/control.ts'
import { NothingUnusualError } from '../errors/point.ts'
import type { Catalog } from '../ports.ts'
import { foremostOf } from './open-change.ts'
import type { ProtectedVm } from './points-catalog.ts'

/**
 * Notes with a point that somebody knows why it is unusual: it stays in the history, and is not told as a problem any more. The last word counts.
 * @returns what is known of the change now
 * @throws `POINT_NOT_FOUND`, `NOTHING_UNUSUAL`
 */
export const acknowledgeChange = (
  catalog: Catalog,
  pointId: string,
  said: { at: number; by: string; because: string },
): Promise<{ unusual: UnusualChange }> =>
  retryOnConflict(async () => {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    if (!item) throw new PointNotFoundError(pointId)
    const { unusual, vmUuid } = item.value
    if (!unusual) throw new NothingUnusualError(pointId)
    const value: PointSummary = { ...item.value, unusual: { ...unusual, acknowledged: said } }
    const key = keys.protectedVm(vmUuid)
    const mark = await catalog.get<ProtectedVm>(key)
    const points = await Array.fromAsync(
      queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk),
      found => (found.sk === pointId ? value : found.value),
    )
    const shown = foremostOf(points)
    await catalog.write([
      { kind: 'put', key: keys.point(pointId), value, expect: { version: item.version } },
      { kind: 'put', key: keys.vmPoint(vmUuid, pointId), value, expect: 'any' },
      ...(mark && shown
        ? [
            {
              ...{ kind: 'put' as const, key, expect: { version: mark.version } },
              value: { ...mark.value, unusual: shown },
            },
          ]
        : []),
    ])
    return { unusual: { ...unusual, acknowledged: said } }
  })
