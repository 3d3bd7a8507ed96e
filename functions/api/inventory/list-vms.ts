import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { VmView } from '#core/contracts/vms-api.ts'
import type { StoredVm } from '#core/inventory/inventory.ts'
import { facetsOf } from '#core/inventory/vm-facets.ts'
import { fitting, type ListedVm, pageInOrder } from '#core/inventory/vm-list.ts'
import { isOpenChange } from '#core/points/open-change.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import { protection } from '#core/policies/selection.ts'
import { standingBy } from '#core/policies/standing-by.ts'
import { isDiscarded } from '#core/site/provisioned-disks.ts'
import { readSiteVms } from '#core/sites/site-vms.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

type Reader = Pick<Ports, 'catalog' | 'clock'>
type Query = RouteCall<'listVms'>['query']
type Reply = RouteReply<'listVms'>

/** The VMs of all pools, or their custom templates, and which policies protect each. */
export const listVms =
  (ports: Reader) =>
  ({ query }: RouteCall<'listVms'>): Promise<Reply> => {
    const { limit: _, after: __, of: ___, ...narrowing } = query
    return Object.keys(narrowing).length === 0 ? asStored(ports, query) : inOrder(ports, query)
  }

/** Page by page as the catalog has them: costs the page alone. */
const asStored = async (
  { catalog, clock }: Reader,
  { limit = 100, after, of = 'vms' }: Query,
): Promise<Reply> => {
  const page = await catalog.query<StoredVm>(partitionOf(of), {
    limit,
    ...(after === undefined ? {} : { after }),
  })
  const vms = page.items.map(({ value }) => value)
  const by = await protectionOf({ catalog, clock }, vms, of)
  const marks = await Promise.all(
    vms.map(({ uuid }) => catalog.get<ProtectedVm>(keys.protectedVm(uuid))),
  )
  const items = await Promise.all(
    vms.map((vm, index) => viewVm({ catalog, clock }, vm, marks[index]?.value, by)),
  )
  return page.next === undefined ? { items } : { items, next: page.next }
}

/** The whole inventory is read for each page: it is as it stands, whatever is asked for. */
const inOrder = async (
  { catalog, clock }: Reader,
  { limit = 100, after, of = 'vms', sort = 'name', facets, ...filter }: Query,
): Promise<Reply> => {
  const [vms, marked] = await Promise.all([
    readAll<StoredVm>(catalog, partitionOf(of)),
    readAll<ProtectedVm>(catalog, keys.protectedVm('').pk),
  ])
  const marks = new Map(marked.map(mark => [mark.uuid, mark]))
  const by = await protectionOf({ catalog, clock }, vms, of)
  const now = clock.now()
  const found = fitting(
    vms.map(vm => listed(vm, marks.get(vm.uuid), by, now)),
    filter,
  )
  const { items, next } = pageInOrder(found, { sort, limit, after })
  return {
    items: await Promise.all(items.map(({ vm, mark }) => viewVm({ catalog, clock }, vm, mark, by))),
    ...(next !== undefined && { next }),
    total: found.length,
    ...(facets && after === undefined && { facets: facetsOf(vms) }),
  }
}

const partitionOf = (of: NonNullable<Query['of']>): string =>
  (of === 'templates' ? keys.template : keys.vm)('', '').pk

const readAll = async <T>(catalog: Ports['catalog'], pk: string): Promise<T[]> =>
  (await Array.fromAsync(queryAll<T>(catalog, pk))).map(({ value }) => value)

type Protection = (uuid: string) => Pick<VmView, 'policies' | 'standby'>

const listed = (vm: StoredVm, mark: ProtectedVm | undefined, by: Protection, now: number) => {
  const { policies, standby = false } = by(vm.uuid)
  return {
    ...{ vm, mark, uuid: vm.uuid, name: vm.name, poolUuid: vm.poolUuid, poolName: vm.poolName },
    ...{ powerState: vm.powerState, tags: vm.tags, standby },
    discarded: isDiscarded(vm),
    policyIds: policies?.map(({ policyId }) => policyId),
    lastPoint: mark?.newest.taken,
    unusual: isOpenChange(mark?.unusual, now),
  } satisfies ListedVm & Record<string, unknown>
}

/** One VM as lists show it. */
export const viewVm = async (
  { catalog, clock }: Reader,
  vm: StoredVm,
  mark: ProtectedVm | undefined,
  by: Protection,
): Promise<VmView> => {
  const newest =
    mark && (await catalog.get<PointSummary>(keys.vmPoint(vm.uuid, mark.newest.pointId)))?.value
  // A gateway may tell anything; a sum that no reader takes would hide the whole page.
  const sum = vm.disks.reduce((total, disk) => total + disk.size, 0)
  return {
    ...vm,
    size: Math.min(sum, Number.MAX_SAFE_INTEGER),
    ...(mark && { lastPoint: mark.newest.taken, lastPointId: mark.newest.pointId }),
    ...(newest?.lock !== undefined && { lastLock: newest.lock }),
    ...(isOpenChange(mark?.unusual, clock.now()) && { unusual: mark.unusual }),
    ...(isDiscarded(vm) && { discarded: true as const }),
    ...by(vm.uuid),
  }
}

/** Which policies protect each of the VMs; templates have none. */
export const protectionOf = async (
  { catalog, clock }: Pick<Ports, 'catalog' | 'clock'>,
  vms: readonly StoredVm[],
  of: NonNullable<Query['of']> = 'vms',
): Promise<Protection> => {
  if (of === 'templates') return () => ({})
  const policies = (await readPolicies(catalog)).map(({ value }) => value.policy)
  const standbys = await standingBy(catalog)
  const { takes: sites } = await readSiteVms(catalog, policies, { standbys, now: clock.now() })
  const by = protection({ vms, standbys, policies, sites })
  return uuid => ({
    policies: (by.get(uuid) ?? []).map(({ policyId, name }) => ({ policyId, name })),
    ...(standbys.has(uuid) && { standby: true as const }),
  })
}

export const handler = httpHandler('listVms', listVms)
