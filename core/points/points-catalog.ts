import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { BootCheckResult } from '../contracts/boot-check.ts'
import type { PointSummary, UnusualChange } from '../contracts/points.ts'
import { PointNotFoundError } from '../errors/control.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { unusualChange, unusualLimits } from './unusual.ts'

/** A VM that has recovery points, whether or not it still exists. */
export interface ProtectedVm {
  uuid: string
  /** As its newest point has it. */
  name: string
  /** Its lock is what the store showed when it was made; older entries do not tell. */
  newest: Pick<PointSummary, 'pointId' | 'taken' | 'lock'>
  /** The newest of its points that differs unusually much from those before it. */
  unusual?: UnusualChange & { pointId: string; taken: number }
}

/**
 * Enters a point into the catalog, with what is unusual about it; entering it again changes nothing.
 * @param beside what is written in one piece with a point that no place knew, as it was entered
 */
export const putPoint = (
  catalog: Catalog,
  told: PointSummary,
  beside: (entered: PointSummary) => readonly CatalogWrite[] = () => [],
): Promise<void> =>
  retryOnConflict(async () => {
    // Both, though they are written in one piece: between regions each arrives for itself.
    const places = [keys.point(told.pointId), keys.vmPoint(told.vmUuid, told.pointId)]
    const there = await Promise.all(places.map(place => catalog.get(place)))
    if (there.every(Boolean)) return
    const point = await judged(catalog, told)
    const { pointId, taken, unusual } = point
    const key = keys.protectedVm(point.vmUuid)
    const before = await catalog.get<ProtectedVm>(key)
    const isNewest = !before || before.value.newest.pointId < pointId
    const known = before?.value.unusual
    const isNewestUnusual = unusual !== undefined && (!known || known.pointId < pointId)
    const strange = isNewestUnusual ? { ...unusual, pointId, taken } : known
    const after: ProtectedVm = {
      uuid: point.vmUuid,
      name: isNewest ? point.vmName : before.value.name,
      newest: isNewest ? newestOf(point) : before.value.newest,
      ...(strange && { unusual: strange }),
    }
    const expect = before ? { version: before.version } : ('absent' as const)
    await catalog.write([
      ...places
        .filter((_, index) => !there[index])
        .map(place => ({
          kind: 'put' as const,
          key: place,
          value: point,
          expect: 'absent' as const,
        })),
      ...(isNewest || isNewestUnusual ? [{ kind: 'put' as const, key, value: after, expect }] : []),
      ...(there.some(Boolean) ? [] : beside(point)),
    ])
  })

export const newestOf = ({ pointId, taken, lock }: PointSummary): ProtectedVm['newest'] => ({
  ...{ pointId, taken },
  ...(lock !== undefined && { lock }),
})

/** Nobody but the catalog says what is unusual: it knows the points before. */
const judged = async (
  catalog: Catalog,
  { unusual: _, ...point }: PointSummary,
): Promise<PointSummary> => {
  const before = await catalog.query<PointSummary>(keys.vmPoint(point.vmUuid, '').pk, {
    descending: true,
    after: point.pointId,
    limit: unusualLimits.history,
  })
  const unusual = unusualChange(
    point,
    before.items.map(({ value }) => value),
  )
  return unusual ? { ...point, unusual } : point
}

/** Enters what a boot check found out about a point; an older result than the one that is there changes nothing. */
export const putBootCheck = (
  catalog: Catalog,
  pointId: string,
  result: BootCheckResult,
): Promise<void> =>
  retryOnConflict(async () => {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    if (!item || (item.value.bootCheck?.at ?? 0) >= result.at) return
    const value: PointSummary = { ...item.value, bootCheck: result }
    const key = keys.vmPoint(value.vmUuid, pointId)
    await catalog.write([
      { kind: 'put', key: keys.point(pointId), value, expect: { version: item.version } },
      { kind: 'put', key, value, expect: 'any' },
    ])
  })

/** @throws `POINT_NOT_FOUND` */
export const readPoint = async (catalog: Catalog, pointId: string): Promise<PointSummary> => {
  const item = await catalog.get<PointSummary>(keys.point(pointId))
  if (!item) throw new PointNotFoundError(pointId)
  return item.value
}

/** @returns those of `pointIds` that the catalog does not know */
export const missingPoints = async (
  catalog: Catalog,
  pointIds: readonly string[],
): Promise<string[]> => {
  const found = await Promise.all(pointIds.map(pointId => catalog.get(keys.point(pointId))))
  return pointIds.filter((_, index) => !found[index])
}

export const readProtectedVms = async (catalog: Catalog): Promise<ProtectedVm[]> =>
  (await Array.fromAsync(queryAll<ProtectedVm>(catalog, keys.protectedVm('').pk))).map(
    item => item.value,
  )

interface Page {
  limit: number
  after?: string | undefined
}

/** Points newest first, of all VMs, or of those given (several VMs may have had one name). */
export const listPoints = async (
  catalog: Catalog,
  { limit, after }: Page,
  vmUuids?: readonly string[],
): Promise<{ items: PointSummary[]; next?: string }> => {
  const partitions = vmUuids ? vmUuids.map(uuid => keys.vmPoint(uuid, '').pk) : [keys.point('').pk]
  const pages = await Promise.all(
    partitions.map(pk =>
      catalog.query<PointSummary>(pk, {
        descending: true,
        limit,
        ...(after === undefined ? {} : { after }),
      }),
    ),
  )
  const merged = pages
    .flatMap(page => page.items.map(item => item.value))
    .sort((a, b) => (a.pointId < b.pointId ? 1 : -1))
  const items = merged.slice(0, limit)
  const more = merged.length > limit || pages.some(page => page.next !== undefined)
  const last = items.at(-1)
  return more && last ? { items, next: last.pointId } : { items }
}
