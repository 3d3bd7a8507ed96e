import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import { announcement } from '../notifications/announce.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'

/** Notes that a point is not in the repository although nobody deleted it in good order, and has that told, once. */
export const markVanished = (
  catalog: Catalog,
  pointId: string,
  { eventId, at }: { eventId: string; at: number },
): Promise<void> =>
  change(catalog, pointId, point => {
    if (point.vanished !== undefined) return undefined
    const { vmName, taken } = point
    return {
      point: { ...point, vanished: at },
      beside: announcement({
        ...{ kind: 'damage-found', eventId, at, total: 1 },
        during: 'comparison of catalog and repository',
        findings: [
          `The recovery point ${pointId} of "${vmName.slice(0, 200)}" is not in the repository any more, and nobody deleted it in good order.`,
        ],
        points: [{ pointId, name: vmName, taken }],
      }),
    }
  })

/** It is there again. */
export const markFound = (catalog: Catalog, pointId: string): Promise<void> =>
  change(catalog, pointId, ({ vanished, ...point }) =>
    vanished === undefined ? undefined : { point, beside: [] },
  )

const change = (
  catalog: Catalog,
  pointId: string,
  how: (before: PointSummary) => { point: PointSummary; beside: CatalogWrite[] } | undefined,
): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.point(pointId)
    const item = await catalog.get<PointSummary>(key)
    const after = item && how(item.value)
    if (!after) return
    const { point: value, beside } = after
    await catalog.write([
      { kind: 'put', key, value, expect: { version: item.version } },
      { kind: 'put', key: keys.vmPoint(value.vmUuid, pointId), value, expect: 'any' },
      ...beside,
    ])
  })
