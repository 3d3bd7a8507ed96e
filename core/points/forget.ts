import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { isGoodBoot } from '../contracts/boot-check.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Catalog, CatalogWrite } from '../ports.ts'
import { removeToldPlan } from '../sites/told-plan.ts'
import { type Checked, newestCheck } from './checked.ts'
import { foremostOf } from './open-change.ts'
import { newestOf, type ProtectedVm } from './points-catalog.ts'

/** Takes a point that was deleted out of the catalog; doing it again changes nothing. The VM is protected by its newest point that is left, or by none. */
export const forgetPoint = (catalog: Catalog, pointId: string): Promise<void> =>
  retryOnConflict(async () => {
    const item = await catalog.get<PointSummary>(keys.point(pointId))
    if (!item) return
    const { vmUuid, site } = item.value
    if (site) await removeToldPlan(catalog, pointId)
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
  const { unusual, checked, ...known } = before.value
  const isMark = unusual?.pointId === without
  const isChecked = checked?.pointId === without
  const left = isMark || isChecked ? await pointsLeft(catalog, vmUuid, without) : []
  const shown = isMark ? foremostOf(left) : unusual
  const kept = {
    ...(shown && { unusual: shown }),
    ...(checked !== undefined && { checked: isChecked ? checkLeft(checked, left) : checked }),
  }
  if (known.newest.pointId !== without)
    return isMark || isChecked
      ? [
          {
            ...{ kind: 'put', key, expect: { version: before.version } },
            value: { ...known, ...kept },
          },
        ]
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
    ...kept,
  }
  return [{ kind: 'put', key, value, expect }]
}

const pointsLeft = async (catalog: Catalog, vmUuid: string, without: string) => {
  const all = queryAll<PointSummary>(catalog, keys.vmPoint(vmUuid, '').pk)
  const points = await Array.fromAsync(all, ({ value }) => value)
  return points.filter(({ pointId }) => pointId !== without)
}

/** That it booted once is still true; that it can be got back is proven by a point that is left and booted too, or not any more. What went wrong last is hidden by no older success. */
const checkLeft = (known: Checked, left: readonly PointSummary[]): Checked => {
  const other = newestCheck(left, null)
  return isGoodBoot(known.result) && other && isGoodBoot(other.result)
    ? other
    : { ...known, gone: true }
}
