import type { VmOrder } from '../contracts/vms-api.ts'

/** Of a VM, what a list is narrowed and sorted by. */
export interface ListedVm {
  uuid: string
  name: string
  poolUuid: string
  poolName: string
  powerState: string
  tags: readonly string[]
  /** Ids of those that protect it; left out of templates, which none does. */
  policyIds?: readonly string[] | undefined
  standby: boolean
  /** When its newest point was taken, ms since 1970. */
  lastPoint?: number | undefined
  /** When its newest unusual point was taken, ms since 1970. */
  unusualAt?: number | undefined
}

/** What is asked for; what is left out does not narrow. */
export interface VmFilter {
  search?: string | undefined
  pool?: string | undefined
  tag?: string | undefined
  policy?: string | undefined
  state?: string | undefined
  unprotected?: string | undefined
  unusual?: string | undefined
}

/** An unusual point is shown with its VM for so long, in ms. */
export const UNUSUAL_SHOWN_MS = 30 * 86_400_000

export const isUnusualNow = (taken: number | undefined, now: number): taken is number =>
  taken !== undefined && now - taken <= UNUSUAL_SHOWN_MS

/** VMs that fit all of a filter, in the order they were given. */
export const fitting = <T extends ListedVm>(
  vms: readonly T[],
  filter: VmFilter,
  now: number,
): T[] => {
  const { pool, tag, policy, state, unprotected, unusual } = filter
  const search = filter.search === undefined ? undefined : folded(filter.search)
  return vms.filter(
    vm =>
      (search === undefined || folded(vm.name).includes(search) || vm.uuid.includes(search)) &&
      (pool === undefined || vm.poolUuid === pool.toLowerCase() || vm.poolName === pool) &&
      (tag === undefined || vm.tags.includes(tag)) &&
      (policy === undefined || vm.policyIds?.includes(policy)) &&
      (state === undefined || vm.powerState === state) &&
      (unprotected === undefined || (vm.policyIds?.length === 0 && !vm.standby)) &&
      (unusual === undefined || isUnusualNow(vm.unusualAt, now)),
  )
}

/** "é" is found however it is written: as one character or as two. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** As people count: "web-2" comes before "web-10", "Web" stands beside "web". */
const collator = new Intl.Collator('en', { numeric: true })

/** Characters of a name that a cursor remembers: it has to fit into an address, whatever the name is made of. */
const REMEMBERED = 40

interface Place {
  uuid: string
  /** The beginning of the name, or when the newest point was taken. */
  at: string | number
}

/** A VM without a point is older than every other. */
const pointOf = ({ lastPoint = -1 }: ListedVm): number => lastPoint

const ORDERS: Record<VmOrder, (a: ListedVm, b: ListedVm) => number> = {
  name: (a, b) => collator.compare(a.name, b.name) || byId(a, b),
  newest: (a, b) => pointOf(b) - pointOf(a) || byId(a, b),
  oldest: (a, b) => pointOf(a) - pointOf(b) || byId(a, b),
}

/** One VM may be known of two pools for a while, when it moves. */
const idOf = ({ uuid, poolUuid }: ListedVm): string => `${uuid}#${poolUuid}`

const byId = (a: ListedVm, b: ListedVm): number => (idOf(a) < idOf(b) ? -1 : 1)

/**
 * One page of VMs in an order. What comes, goes or changes between two pages moves nothing else: a page goes on behind the last VM of the one before, or where that
 * would stand if it is gone.
 * @param after the `next` of the page before
 */
export const pageInOrder = <T extends ListedVm>(
  vms: readonly T[],
  { sort, limit, after }: { sort: VmOrder; limit: number; after?: string | undefined },
): { items: T[]; next?: string } => {
  const sorted = vms.toSorted(ORDERS[sort])
  const start = after === undefined ? 0 : behind(sorted, sort, JSON.parse(after) as Place)
  const items = sorted.slice(start, start + limit)
  const last = items.at(-1)
  return last && start + limit < sorted.length
    ? { items, next: JSON.stringify(placeOf(last, sort)) }
    : { items }
}

const placeOf = (vm: ListedVm, sort: VmOrder): Place => ({
  uuid: idOf(vm),
  at: sort === 'name' ? beginning(vm.name) : pointOf(vm),
})

const beginning = (name: string): string => [...name].slice(0, REMEMBERED).join('').toWellFormed()

const behind = (sorted: readonly ListedVm[], sort: VmOrder, place: Place): number => {
  const same = sorted.findIndex(vm => idOf(vm) === place.uuid && placeOf(vm, sort).at === place.at)
  if (same >= 0) return same + 1
  const first = sorted.findIndex(vm => isBehind(placeOf(vm, sort), place, sort))
  return first < 0 ? sorted.length : first
}

/** Of equal beginnings it is not known which comes first: they are shown again rather than never. */
const isBehind = (one: Place, place: Place, sort: VmOrder): boolean => {
  if (sort === 'name') return collator.compare(String(one.at), String(place.at)) >= 0
  if (one.at === place.at) return one.uuid > place.uuid
  return sort === 'newest' ? one.at < place.at : one.at > place.at
}
