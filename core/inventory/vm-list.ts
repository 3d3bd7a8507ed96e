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
  /** What is written to it is thrown away at its next boot: no policy can protect it, and none has to. */
  discarded: boolean
  /** When its newest point was taken, ms since 1970. */
  lastPoint?: number | undefined
  /** It changed unusually, and nobody said why. */
  unusual: boolean
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

/** VMs that fit all of a filter, in the order they were given. */
export const fitting = <T extends ListedVm>(vms: readonly T[], filter: VmFilter): T[] => {
  const { pool, tag, policy, state, unprotected, unusual } = filter
  const isSearched = searchFor(filter.search)
  return vms.filter(
    vm =>
      isSearched(vm) &&
      (pool === undefined || vm.poolUuid === pool.toLowerCase() || vm.poolName === pool) &&
      (tag === undefined || vm.tags.includes(tag)) &&
      (policy === undefined || vm.policyIds?.includes(policy)) &&
      (state === undefined || vm.powerState === state) &&
      (unprotected === undefined || (vm.policyIds?.length === 0 && !vm.standby && !vm.discarded)) &&
      (unusual === undefined || vm.unusual),
  )
}

/** By a part of the name or of the UUID; by nothing everything is found. */
export const searchFor = (
  search: string | undefined,
): ((one: { name: string; uuid: string }) => boolean) => {
  if (search === undefined) return () => true
  const wanted = folded(search)
  return ({ name, uuid }) => folded(name).includes(wanted) || uuid.includes(wanted)
}

/** "é" is found however it is written: as one character or as two. */
const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/** As people count: "web-2" comes before "web-10", "Web" stands beside "web". */
const collator = new Intl.Collator('en', { numeric: true })

/** Without accents and capitals, which decide only where whole names are alike otherwise. */
const roughly = new Intl.Collator('en', { sensitivity: 'base' })

/** Characters of a name that a cursor remembers: it has to fit into an address, whatever the name is made of. */
const REMEMBERED = 40

interface Place {
  uuid: string
  /** The beginning of the name, or when the newest point was taken. */
  at: string | number
}

/** What a page is made of: VMs, and when each had its newest point, or whatever a list goes by. */
type Ordered = Pick<ListedVm, 'uuid' | 'name' | 'poolUuid' | 'lastPoint'>

/** A VM without a point is older than every other. */
const pointOf = ({ lastPoint = -1 }: Ordered): number => lastPoint

const ORDERS: Record<VmOrder, (a: Ordered, b: Ordered) => number> = {
  name: (a, b) => collator.compare(a.name.toWellFormed(), b.name.toWellFormed()) || byId(a, b),
  newest: (a, b) => pointOf(b) - pointOf(a) || byId(a, b),
  oldest: (a, b) => pointOf(a) - pointOf(b) || byId(a, b),
}

/** One VM may be known of two pools for a while, when it moves. */
const idOf = ({ uuid, poolUuid }: Ordered): string => `${uuid}#${poolUuid}`

const byId = (a: Ordered, b: Ordered): number => (idOf(a) < idOf(b) ? -1 : 1)

/**
 * One page of VMs in an order. What comes, goes or changes between two pages moves nothing else: a page goes on behind the last VM of the one before, or where that
 * would stand if it is gone.
 * @param after the `next` of the page before
 */
export const pageInOrder = <T extends Ordered>(
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

const placeOf = (vm: Ordered, sort: VmOrder): Place => ({
  uuid: idOf(vm),
  at: sort === 'name' ? beginning(vm.name) : pointOf(vm),
})

/** Numbers begin with how long they are: so beginnings of names come in the order of the names, also where a number is cut in two. */
const beginning = (name: string): string => {
  const text = name.toWellFormed().replace(/\p{Nd}+/gu, number => {
    const digits = [...number]
      .map(digitOf)
      .join('')
      .replace(/^0+(?=.)/, '')
    return `${String(digits.length).padStart(3, '0')}${digits}`
  })
  return [...text].slice(0, REMEMBERED).join('')
}

/** Other scripts have digits of their own, which are put in order as ours. */
const digitOf = (character: string): string =>
  [...'0123456789'].find(digit => roughly.compare(digit, character) === 0) ?? character

const behind = (sorted: readonly Ordered[], sort: VmOrder, place: Place): number => {
  const same = sorted.findIndex(vm => idOf(vm) === place.uuid && placeOf(vm, sort).at === place.at)
  if (same >= 0) return same + 1
  const first = sorted.findIndex(vm => isBehind(placeOf(vm, sort), place, sort))
  return first < 0 ? sorted.length : first
}

/** Of equal beginnings it is not known which comes first: they are shown again rather than never. */
const isBehind = (one: Place, place: Place, sort: VmOrder): boolean => {
  if (sort === 'name') return roughly.compare(String(one.at), String(place.at)) >= 0
  if (one.at === place.at) return one.uuid > place.uuid
  return sort === 'newest' ? one.at < place.at : one.at > place.at
}
