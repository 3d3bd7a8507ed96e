import { keys } from '#core/catalog/keys.ts'
import type { BootProof, VmBootCheck } from '#core/contracts/boot-checks-api.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { readPools } from '#core/inventory/inventory.ts'
import { pageInOrder, searchFor } from '#core/inventory/vm-list.ts'
import { OLD_AFTER_DAYS, proofLine, proofOf } from '#core/points/boot-proof.ts'
import { newestCheck } from '#core/points/checked.ts'
import { newestOf, type ProtectedVm, readProtectedVms } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Of each VM that has points the newest boot check. One item of the catalog for each VM is read, however many points and checks there are. */
export const listBootChecks =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ query }: RouteCall<'listBootChecks'>): Promise<RouteReply<'listBootChecks'>> => {
    const { limit = 100, after, search, pool, proof, days = OLD_AFTER_DAYS, sort = 'name' } = query
    const now = clock.now()
    const pools = new Map((await readPools(catalog)).map(({ uuid, name }) => [uuid, name]))
    const isWanted = searchFor(search)
    const all = (await readMarks(catalog))
      .filter(({ newest: { kind = 'vm' } }) => kind === 'vm')
      .map(mark => listed(mark, pools, proofOf(mark, now, days)))
      .filter(
        vm =>
          isWanted(vm) &&
          (pool === undefined || vm.poolUuid === pool.toLowerCase() || vm.poolName === pool),
      )
    const counts = { good: 0, old: 0, gone: 0, bad: 0, never: 0, unknown: 0 }
    for (const vm of all) counts[vm.proof]++
    const found = all.filter(
      vm => proof === undefined || (proof === 'lacking' ? vm.proof !== 'good' : vm.proof === proof),
    )
    const page = pageInOrder(found, { sort, limit, after })
    return {
      items: page.items.map(vm => viewOf(vm, now)),
      ...(page.next !== undefined && { next: page.next }),
      total: found.length,
      counts,
    }
  }

/** Entries of versions that did not keep what this list needs are completed by the newest point, as far as that tells. */
const readMarks = async (catalog: Catalog): Promise<ProtectedVm[]> => {
  const marks = await readProtectedVms(catalog)
  const isWhole = ({ newest, checked }: ProtectedVm) =>
    newest.kind !== undefined && checked !== undefined
  const whole = marks.filter(isWhole)
  const lacking = marks.filter(mark => !isWhole(mark))
  const completed = await someAtOnce(lacking, async mark => {
    const key = keys.vmPoint(mark.uuid, mark.newest.pointId)
    const point = (await catalog.get<PointSummary>(key))?.value
    if (!point) return mark
    const checked = mark.checked ?? newestCheck([point], mark.checked) ?? undefined
    return { ...mark, newest: newestOf(point), ...(checked && { checked }) }
  })
  return [...whole, ...completed]
}

const listed = (mark: ProtectedVm, pools: ReadonlyMap<string, string>, proof: BootProof) => {
  const { uuid, name, newest, checked } = mark
  const { poolUuid = '' } = newest
  return {
    ...{ mark, uuid, name, poolUuid, poolName: pools.get(poolUuid) ?? '', proof },
    lastPoint: checked?.result.at,
  }
}

const viewOf = (
  { mark, poolUuid, poolName, proof }: ReturnType<typeof listed>,
  now: number,
): VmBootCheck => {
  const { uuid, name, newest, checked } = mark
  return {
    ...{ vmUuid: uuid, vmName: name, proof },
    ...(poolUuid !== '' && { poolUuid, poolName }),
    newest: { pointId: newest.pointId, taken: newest.taken },
    ...(checked && { check: checked }),
    line: proofLine(mark, now).slice(0, 2_000),
  }
}

export const handler = httpHandler('listBootChecks', listBootChecks)
