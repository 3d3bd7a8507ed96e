import { keys } from '#core/catalog/keys.ts'
import type { ReplicaView } from '#core/contracts/replicas-api.ts'
import { type ProtectedVm, readProtectedVms } from '#core/points/points-catalog.ts'
import { isActive } from '#core/region/region.ts'
import type { Replica } from '#core/replication/replica.ts'
import { isTroubled } from '#core/replication/replica-age.ts'
import { viewReplica } from '#core/replication/replica-view.ts'
import { readReplicas } from '#core/replication/replicas-catalog.ts'
import { someAtOnce } from '#core/runs/some-at-once.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { takeOver } from '../../replication/take-over.ts'
import { httpHandler } from '../../runtime.ts'

type Reader = Pick<Ports, 'catalog' | 'clock' | 'region'>
type Query = RouteCall<'listReplicas'>['query']
type Reply = RouteReply<'listReplicas'>

/** The standbys and how they stand, oldest first. */
export const listReplicas =
  (ports: Reader) =>
  ({ query }: RouteCall<'listReplicas'>): Promise<Reply> => {
    const { limit: _, after: __, ...narrowing } = query
    return Object.keys(narrowing).length === 0 ? asStored(ports, query) : narrowed(ports, query)
  }

/** Page by page as the catalog has them: costs the page alone. */
const asStored = async (ports: Reader, { limit = 100, after }: Query): Promise<Reply> => {
  const page = await ports.catalog.query<Replica>(keys.replica('').pk, {
    limit,
    ...(after === undefined ? {} : { after }),
  })
  const items = await viewAll(
    ports,
    page.items.map(({ value }) => value),
  )
  return page.next === undefined ? { items } : { items, next: page.next }
}

/** All are read for each page, as they were written down last. */
const narrowed = async (
  ports: Reader,
  { limit = 100, after = '', ...filter }: Query,
): Promise<Reply> => {
  const { catalog, clock } = ports
  const [replicas, marks] = await Promise.all([
    readReplicas(catalog),
    filter.troubled ? readProtectedVms(catalog) : [],
  ])
  const newest = new Map(marks.map(({ uuid, newest }) => [uuid, newest]))
  const now = clock.now()
  const found = replicas.filter(
    replica =>
      fits(replica, filter) &&
      (!filter.troubled || isTroubled(replica, newest.get(replica.vmUuid), now)),
  )
  const page = found.filter(({ replicaId }) => replicaId > after).slice(0, limit)
  const last = page.at(-1)
  const items = await viewAll(ports, page)
  const total = found.length
  return last && last !== found.at(-1) ? { items, next: last.replicaId, total } : { items, total }
}

const fits = (replica: Replica, { search, pool, phase }: Query): boolean => {
  const { replicaId, vmName, vmUuid, poolUuid, poolName, standby } = replica
  const wanted = search && folded(search)
  const texts = [vmName, vmUuid, replicaId, standby?.name ?? '', standby?.uuid ?? '']
  return (
    (wanted === undefined || texts.some(text => folded(text).includes(wanted))) &&
    (pool === undefined || poolUuid === pool.toLowerCase() || poolName === pool) &&
    (phase === undefined || replica.phase === phase)
  )
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase()

const viewAll = async (
  { catalog, clock, region }: Reader,
  replicas: readonly Replica[],
): Promise<ReplicaView[]> => {
  // Where the region stands by, what runs came to is not written down, and shown as it was.
  const isWritten = isActive(await region.view())
  return someAtOnce(replicas, async found => {
    const replica = isWritten ? await takeOver({ catalog, clock }, found) : found
    const mark = await catalog.get<ProtectedVm>(keys.protectedVm(replica.vmUuid))
    return viewReplica(replica, mark?.value.newest, clock.now())
  })
}

export const handler = httpHandler('listReplicas', listReplicas)
