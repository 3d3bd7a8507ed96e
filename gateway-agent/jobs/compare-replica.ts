import type { Client } from '#core/contracts/client.ts'
import {
  OBJECT_NAME_LIMIT,
  OBJECTS_TOLD,
  type PutReplicatedRequest,
  REPLICATED_AT_ONCE,
  type ReplicatedPage,
  slotOf,
} from '#core/contracts/replicated-points.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock, ObjectStore } from '#core/ports.ts'
import type { ReplicaReport, Repository } from '#repository/index.ts'
import type { Log } from '../log.ts'

const SENTENCE = 500 // characters (core/contracts/replicated-points.ts)

/**
 * Looks which points could be restored from the second copy of the repository alone, and tells the control plane; where that cannot be found out, why.
 * @param open opens the replica
 * @throws `STORE_*` and what the calls answer, after it was told
 */
export const compareReplica = async ({
  client,
  repository,
  place,
  address,
  open,
  clock,
  log,
  signal,
}: {
  client: Client
  repository: Pick<Repository, 'id' | 'checkReplica'>
  place: string
  address: string
  open: () => Promise<ObjectStore>
  clock: Clock
  log: Log
  signal: AbortSignal
}): Promise<void> => {
  const tell = async (body: Omit<PutReplicatedRequest, 'place' | 'address'>): Promise<void> => {
    const params = { repositoryId: repository.id }
    await client.call('putReplicated', { params, body: { place, address, ...body }, signal })
  }
  const at = clock.now()
  try {
    const report = await repository.checkReplica({ replica: await open(), signal })
    const shut = report.shut?.slice(0, SENTENCE)
    const seen = { at, ...(shut !== undefined && { shut }) }
    for (const pages of callsOf(pagesOf(report))) await tell({ ...seen, pages })
    const { length } = report.points
    await tell({ ...seen, pages: [], total: { points: length, restorable: report.restorable } })
    log.info(`Of ${length} recovery points, ${report.restorable} can be restored from ${place}.`)
  } catch (error) {
    const { code, message } = asXenkeepError(error)
    // An earlier control plane does not want to know.
    if (code === 'ROUTE_UNKNOWN') return
    if (!signal.aborted)
      await tell({ at, pages: [], trouble: message.slice(0, SENTENCE) }).catch(() => undefined)
    throw error
  }
}

/** @returns pages by the time of the points' ids, each of at most 1,000 points */
const pagesOf = ({ points }: ReplicaReport): ReplicatedPage[] => {
  const bySlot = new Map<string, ReplicaReport['points']>()
  for (const point of points) {
    const slot = slotOf(point.id)
    const there = bySlot.get(slot)
    if (there) there.push(point)
    else bySlot.set(slot, [point])
  }
  return [...bySlot].flatMap(([slot, inSlot]) => {
    const pages: ReplicatedPage[] = []
    for (let start = 0; start < inSlot.length; start += REPLICATED_AT_ONCE) {
      const page = inSlot.slice(start, start + REPLICATED_AT_ONCE)
      pages.push({ slot, number: pages.length, ...whatIsThere(page) })
    }
    return pages
  })
}

const whatIsThere = (
  points: ReplicaReport['points'],
): Pick<ReplicatedPage, 'restorable' | 'lacking'> => ({
  restorable: points.filter(({ state }) => state === 'restorable').map(({ id }) => id),
  lacking: points.flatMap(({ id, state, missing }) =>
    state === 'restorable'
      ? []
      : [
          {
            pointId: id,
            state,
            missing: missing.length,
            objects: missing.slice(0, OBJECTS_TOLD).map(name => name.slice(0, OBJECT_NAME_LIMIT)),
          },
        ],
  ),
})

/** @returns the pages in calls of at most 1,000 points, so that a call stays far below what a control plane takes at once */
function* callsOf(pages: readonly ReplicatedPage[]): Generator<ReplicatedPage[]> {
  let call: ReplicatedPage[] = []
  let points = 0
  for (const page of pages) {
    const more = page.restorable.length + page.lacking.length
    if (points + more > REPLICATED_AT_ONCE) {
      yield call
      call = []
      points = 0
    }
    call.push(page)
    points += more
  }
  if (call.length > 0) yield call
}
