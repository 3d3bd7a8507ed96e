import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { Problem } from '../contracts/problem.ts'
import {
  type PutReplicatedRequest,
  type ReplicatedPage,
  type ReplicatedStatus,
  type ReplicaView,
  slotOf,
} from '../contracts/replicated-points.ts'
import type { Catalog } from '../ports.ts'
import { someAtOnce } from '../runs/some-at-once.ts'
import { replicatedText } from './text.ts'

/** As it lies in the catalog. It speaks for itself, so that pages of different comparisons may stand beside each other. */
interface StoredPage extends ReplicatedPage {
  place: string
  asOf: number
  shut?: string
}

/** @returns `undefined` where no gateway has ever told of a replica */
export const readReplica = async (catalog: Catalog): Promise<ReplicaView | undefined> =>
  (await catalog.get<ReplicaView>(keys.repositoryReplica()))?.value

/** Enters what one call of a comparison told. Telling it again changes nothing. */
export const putReplicated = async (
  catalog: Catalog,
  { place, address, at, shut, pages, total, trouble }: PutReplicatedRequest,
): Promise<void> => {
  await someAtOnce(pages, page => {
    const value: StoredPage = { ...page, place, asOf: at, ...(shut !== undefined && { shut }) }
    const key = keys.replicated(page.slot, page.number)
    return catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  })
  if (!total && trouble === undefined) return
  await retryOnConflict(async () => {
    const key = keys.repositoryReplica()
    const item = await catalog.get<ReplicaView>(key)
    const before = item?.value.address === address ? item.value.compared : undefined
    const compared = total ? { ...total, asOf: at } : before
    const value: ReplicaView = {
      ...{ place, address },
      ...(compared && { compared }),
      ...(trouble !== undefined && { trouble: { at, message: trouble } }),
    }
    const expect = item ? { version: item.version } : ('absent' as const)
    await catalog.write([{ kind: 'put', key, value, expect }])
  })
}

/**
 * Enters why there was no comparison, where the gateway could not tell it itself. Where nobody knows of a second copy any more, it is forgotten, so that none is
 * promised and none is asked for; pages stay, and speak again if it comes back.
 */
export const putComparisonFailed = (
  catalog: Catalog,
  { code, message }: Pick<Problem, 'code' | 'message'>,
  at: number,
): Promise<void> =>
  retryOnConflict(async () => {
    const key = keys.repositoryReplica()
    const item = await catalog.get<ReplicaView>(key)
    if (!item) return
    const { compared, trouble } = item.value
    if (Math.max(compared?.asOf ?? 0, trouble?.at ?? 0) >= at) return
    const expect = { version: item.version }
    const value: ReplicaView = { ...item.value, trouble: { at, message: message.slice(0, 500) } }
    await catalog.write([
      code === 'REPLICA_UNKNOWN'
        ? { kind: 'delete', key, expect }
        : { kind: 'put', key, value, expect },
    ])
  })

/** @returns the points, each with what the newest comparison that looked at it found; as they are where there is no replica */
export const withReplicated = async <Point extends Pick<PointSummary, 'pointId'>>(
  catalog: Catalog,
  points: readonly Point[],
): Promise<(Point & { replicated?: ReplicatedStatus })[]> => {
  const replica = await readReplica(catalog)
  if (!replica) return [...points]
  const slots = [...new Set(points.map(({ pointId }) => slotOf(pointId)))]
  const found = await someAtOnce(slots, async slot => statusesOf(await pagesOf(catalog, slot)))
  const known = new Map(found.flatMap(statuses => [...statuses]))
  return points.map(point => {
    const never = { place: replica.place, state: 'never-compared' as const }
    const status = known.get(point.pointId) ?? never
    return { ...point, replicated: { ...status, text: replicatedText(status) } }
  })
}

const pagesOf = async (catalog: Catalog, slot: string): Promise<StoredPage[]> => {
  const items = await Array.fromAsync(queryAll<StoredPage>(catalog, keys.replicated(slot, 0).pk))
  // A slot with fewer pages than before keeps the last of the old ones: what was seen later counts.
  return items.map(({ value }) => value).sort((a, b) => a.asOf - b.asOf)
}

type Status = Omit<ReplicatedStatus, 'text'>

const statusesOf = (pages: readonly StoredPage[]): Map<string, Status> => {
  const statuses = new Map<string, Status>()
  for (const { place, asOf, shut, restorable, lacking } of pages) {
    for (const pointId of restorable) statuses.set(pointId, { place, state: 'restorable', asOf })
    for (const { pointId, ...what } of lacking)
      statuses.set(pointId, { place, asOf, ...what, ...(shut !== undefined && { shut }) })
  }
  return statuses
}
