import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { BootCheckResult } from '../contracts/boot-check.ts'
import type { PointSummary } from '../contracts/points.ts'
import { PointNotFoundError } from '../errors/control.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { type Checked, newestCheck } from './checked.ts'
import { foremost, type MarkedChange } from './open-change.ts'
import { unusualChange, unusualLimits } from './unusual.ts'

/** A VM that has recovery points, whether or not it still exists. */
export interface ProtectedVm {
  uuid: string
  /** As its newest point has it. */
  name: string
  /** Its lock is what the store showed when it was made; older entries do not tell. */
  newest: Pick<PointSummary, 'pointId' | 'taken' | 'lock'> &
    Partial<Pick<PointSummary, 'kind' | 'poolUuid'>>
  /** Of its points that differ unusually much from those before them the one that is shown with it (open-change.ts). */
  unusual?: MarkedChange
  /** The newest boot check of any of its points; null: there was none. Older entries do not tell. */
  checked?: Checked | null
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
    const history = await pointsBefore(catalog, told)
    const point = judged(told, history)
    const { pointId, taken, unusual } = point
    const key = keys.protectedVm(point.vmUuid)
    const before = await catalog.get<ProtectedVm>(key)
    const isNewest = !before || before.value.newest.pointId < pointId
    const known = before?.value.unusual
    const strange = foremost(known, unusual && { ...unusual, pointId, taken })
    // An entry of before, once: a check may be of any of its points.
    const unseen =
      before && before.value.checked === undefined ? await allPoints(catalog, point.vmUuid) : []
    const checked = newestCheck([point, ...unseen], before?.value.checked)
    const after: ProtectedVm = {
      uuid: point.vmUuid,
      name: isNewest ? point.vmName : before.value.name,
      newest: isNewest ? newestOf(point) : before.value.newest,
      ...(strange && { unusual: strange }),
      checked,
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
      ...(isNewest || strange !== known || checked !== before.value.checked
        ? [{ kind: 'put' as const, key, value: after, expect }]
        : []),
      ...(there.some(Boolean) ? [] : beside(point)),
    ])
  })

export const newestOf = ({
  pointId,
  taken,
  lock,
  poolUuid,
  kind = 'vm',
}: PointSummary): ProtectedVm['newest'] => ({
  ...{ pointId, taken, poolUuid, kind },
  ...(lock !== undefined && { lock }),
})

const allPoints = (catalog: Catalog, vmUuid: string): Promise<PointSummary[]> =>
  Array.fromAsync(
    queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk),
    ({ value }) => value,
  )

const pointsBefore = async (
  catalog: Catalog,
  { vmUuid, pointId }: PointSummary,
): Promise<PointSummary[]> => {
  const { items } = await catalog.query<PointSummary>(keys.vmPoint(vmUuid, '').pk, {
    descending: true,
    after: pointId,
    limit: unusualLimits.history,
  })
  return items.map(({ value }) => value)
}

/** Nobody but the catalog says what is unusual: it knows the points before. */
const judged = (
  { unusual: _, ...point }: PointSummary,
  before: readonly PointSummary[],
): PointSummary => {
  const unusual = unusualChange(point, before)
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
      ...(await checkedWrites(catalog, value)),
    ])
  })

const checkedWrites = async (catalog: Catalog, point: PointSummary): Promise<CatalogWrite[]> => {
  const key = keys.protectedVm(point.vmUuid)
  const mark = await catalog.get<ProtectedVm>(key)
  if (!mark) return []
  const checked = newestCheck([point], mark.value.checked)
  if (checked === mark.value.checked) return []
  const value: ProtectedVm = { ...mark.value, checked }
  return [{ kind: 'put', key, value, expect: { version: mark.version } }]
}

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
