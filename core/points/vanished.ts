import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { NAMED_AT_MOST, type NotificationEvent } from '../contracts/notifications.ts'
import type { PointSummary } from '../contracts/points.ts'
import { announcement } from '../notifications/announce.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'

/**
 * Notes that points are not in the repository although nobody deleted them in good order, and has that told, each point once and some of them in one message: a
 * bucket that somebody emptied is thousands.
 */
export const markVanished = async (
  catalog: Catalog,
  pointIds: readonly string[],
  { newId, at }: { newId: () => string; at: number },
): Promise<void> => {
  for (let start = 0; start < pointIds.length; start += NAMED_AT_MOST)
    await retryOnConflict(async () => {
      const items = await read(catalog, pointIds.slice(start, start + NAMED_AT_MOST))
      const fresh = items.filter(({ value }) => value.vanished === undefined)
      if (fresh.length === 0) return
      await catalog.write([
        ...fresh.flatMap(item => put(item, { ...item.value, vanished: at })),
        ...announcement(
          vanished(
            fresh.map(({ value }) => value),
            newId(),
            at,
          ),
        ),
      ])
    })
}

/** They are there again. */
export const markFound = async (catalog: Catalog, pointIds: readonly string[]): Promise<void> => {
  for (const pointId of pointIds)
    await retryOnConflict(async () => {
      const [item] = await read(catalog, [pointId])
      if (item?.value.vanished === undefined) return
      const { vanished: _, ...point } = item.value
      await catalog.write(put(item, point))
    })
}

const read = async (
  catalog: Catalog,
  pointIds: readonly string[],
): Promise<CatalogItem<PointSummary>[]> => {
  const found = await Promise.all(
    [...new Set(pointIds)].map(pointId => catalog.get<PointSummary>(keys.point(pointId))),
  )
  return found.filter(item => item !== undefined)
}

const put = ({ version }: CatalogItem<PointSummary>, value: PointSummary): CatalogWrite[] => [
  { kind: 'put', key: keys.point(value.pointId), value, expect: { version } },
  { kind: 'put', key: keys.vmPoint(value.vmUuid, value.pointId), value, expect: 'any' },
]

const vanished = (
  points: readonly PointSummary[],
  eventId: string,
  at: number,
): NotificationEvent => ({
  ...{ kind: 'damage-found', eventId, at, total: points.length },
  during: 'comparison of catalog and repository',
  findings: points.map(
    ({ pointId, vmName }) =>
      `The recovery point ${pointId} of "${vmName.slice(0, 200)}" is not in the repository any more, and nobody deleted it in good order.`,
  ),
  points: points.map(({ pointId, vmName, taken }) => ({ pointId, name: vmName, taken })),
})
