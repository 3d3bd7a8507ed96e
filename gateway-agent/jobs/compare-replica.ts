import type { JobOutcome } from '#core/contracts/jobs.ts'
import {
  OBJECT_NAME_LIMIT,
  OBJECTS_TOLD,
  type PutReplicatedRequest,
  REPLICATED_AT_ONCE,
  type ReplicatedPage,
  slotOf,
} from '#core/contracts/replicated-points.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock } from '#core/ports.ts'
import type { ReplicaReport, Repository } from '#repository/index.ts'
import type { JobContext } from '../control/leased-job.ts'
import type { SecondCopy } from '../storage/second-copy.ts'
import { askPatiently, type ConfirmOptions } from './maintenance/confirm.ts'

const SENTENCE = 500 // characters (core/contracts/replicated-points.ts)

/** Tells the control plane a part of what was seen, with the id of the repository. */
export type TellReplicated = (repositoryId: string, body: PutReplicatedRequest) => Promise<void>

export const tellReplicated =
  (options: ConfirmOptions, signal: AbortSignal): TellReplicated =>
  async (repositoryId, body) => {
    const params = { repositoryId }
    await askPatiently(options, signal, () =>
      options.client.call('putReplicated', { params, body, signal }),
    )
  }

/**
 * Looks which points could be restored from the second copy of the repository alone, and tells the control plane; where that cannot be found out, why. Doing it
 * again tells what is seen then.
 * @throws `STORE_*` and what the calls answer, after it was told
 */
export const compareReplica = async ({
  tellReplicated: tellOf,
  repository,
  secondCopy: { place, address, open },
  context: { report: progress, signal },
  clock,
}: {
  tellReplicated: TellReplicated
  repository: Pick<Repository, 'id' | 'checkReplica'>
  secondCopy: SecondCopy
  context: Pick<JobContext, 'report' | 'signal'>
  clock: Clock
}): Promise<JobOutcome> => {
  const tell = (body: Omit<PutReplicatedRequest, 'place' | 'address'>) =>
    tellOf(repository.id, { place, address, ...body })
  const at = clock.now()
  const phase = `comparing with the second copy in ${place}`.slice(0, PHASE)
  progress({ phase })
  try {
    const report = await repository.checkReplica({
      replica: await open(),
      onProgress: ({ done, total }) =>
        progress({ phase: `${phase}: ${done}${total > 0 ? ` of ${total}` : ''}` }),
      signal,
    })
    const { points, restorable, lag } = report
    const shut = report.shut?.slice(0, SENTENCE)
    const seen = { at, ...(shut !== undefined && { shut }) }
    for (const pages of callsOf(pagesOf(report))) await tell({ ...seen, pages })
    const total = {
      ...{ points: points.length, restorable },
      ...(lag !== undefined && { lag: Math.max(0, Math.round(lag)) }),
    }
    await tell({ ...seen, pages: [], total })
    return { status: 'replica-compared', report: { ...total, ...seen, place } }
  } catch (error) {
    const { message } = asXenkeepError(error)
    if (!signal.aborted)
      await tell({ at, pages: [], trouble: message.slice(0, SENTENCE) }).catch(() => undefined)
    throw error
  }
}

const PHASE = 150 // characters, so that the count fits (core/contracts/jobs.ts)

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
