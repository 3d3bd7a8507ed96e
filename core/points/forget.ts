import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { newestOf, type ProtectedVm } from './points-catalog.ts'

/** Takes a point that was deleted out of the catalog; doing it again changes nothing. The VM is protected by its newest point that is left, or by none. */
export const forgetPoint = (catalog: Catalog, pointId: string): Promise<void> =>
  retryOnConflict(async () => {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    if (!item) return
    const { vmUuid } = item.value
    await catalog.write([
      { kind: 'delete', key: keys.point(pointId), expect: { version: item.version } },
      { kind: 'delete', key: keys.vmPoint(vmUuid, pointId), expect: 'any' },
      ...(await newestWrites(catalog, vmUuid, pointId)),
    ])
  })

/** What a newer point would have entered meanwhile is noticed by the version of the entry. */
const newestWrites = async (
  catalog: Catalog,
  vmUuid: string,
  without: string,
): Promise<CatalogWrite[]> => {
  const key = keys.protectedVm(vmUuid)
  const before = await catalog.get<ProtectedVm>(key)
  if (!before) return []
  const { unusual, ...known } = before.value
  const strange = unusual && unusual.pointId !== without ? { unusual } : {}
  if (known.newest.pointId !== without)
    return unusual?.pointId === without
      ? [{ kind: 'put', key, value: known, expect: { version: before.version } }]
      : []
  const { items } = await catalog.query<PointSummary>(keys.vmPoint(vmUuid, '').pk, {
    descending: true,
    limit: 2,
  })
  const expect = { version: before.version }
  const next = items.find(({ sk }) => sk !== without)?.value
  if (!next) return [{ kind: 'delete', key, expect }]
  const value: ProtectedVm = {
    ...{ uuid: vmUuid, name: next.vmName, newest: newestOf(next) },
    ...strange,
  }
  return [{ kind: 'put', key, value, expect }]
}
