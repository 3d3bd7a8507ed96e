import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { JobNotFoundError } from '../errors/control.ts'
import type { Catalog, CatalogItem } from '../ports.ts'
import { finishJob, isTakeable, type Job, takeJob, type Worker } from './job.ts'
import { changeJob } from './jobs-catalog.ts'
import { findJob, type OpenJob } from './open-job.ts'
import { orderIn, type Turn } from './order.ts'
import { turnsIn } from './turns.ts'

/** Whether the jobs of a run may be given out (core/region/late.ts). */
export type IsOpen = (runId: string) => Promise<boolean>

/** Who takes jobs, how many at most, and when (ms since 1970). */
export interface Taking {
  worker: Worker
  slots: number
  now: number
  isOpen?: IsOpen
}

/** The jobs leased, and those that have ended, skipped ones among them, whose waiting tasks must be told. */
export interface Taken {
  leased: Job[]
  ended: Job[]
}

/**
 * Takes up to `slots` jobs of a pool, oldest first.
 * @param poolUuid the queue
 */
export const takeJobs = (catalog: Catalog, poolUuid: string, taking: Taking): Promise<Taken> => {
  const turns = turnsIn(catalog, jobId => findJob(catalog, jobId), { poolUuid, now: taking.now })
  const inOrder = orderIn(catalog, taking)
  return takeFrom(catalog, poolUuid, taking, {
    turnOf: async open => ((await turns.isFree(open)) ? inOrder(open) : 'wait'),
    onLeased: turns.take,
  })
}

/** So many jobs may end in one call, as its function has 20 s: where the program before a run fails, 1,000 of a large run may wait in one queue. */
const ENDED_AT_ONCE = 100

/**
 * Takes up to `slots` jobs of a queue, oldest first. What else has ended the next call finds.
 * @param turnOf asked of each job right before it would be taken
 */
export const takeFrom = async (
  catalog: Catalog,
  queue: string,
  { worker, slots, now, isOpen = async () => true }: Taking,
  {
    turnOf,
    onLeased = () => {},
  }: { turnOf: (open: CatalogItem<OpenJob>) => Promise<Turn>; onLeased?: (job: Job) => void },
): Promise<Taken> => {
  const leased: Job[] = []
  const ended: Job[] = []
  for await (const open of queryAll<OpenJob>(catalog, keys.openJob(queue, '').pk, { page: 100 })) {
    if (leased.length >= slots || ended.length >= ENDED_AT_ONCE) break
    if (!(await isOpen(open.value.runId))) continue
    const turn = await turnOf(open)
    if (turn === 'wait') continue
    let takeable = false
    const job = await changeJob(catalog, open.sk, found => {
      takeable = isTakeable(found, worker, now)
      if (!takeable) return found
      if (turn === 'take') return takeJob(found, worker, now)
      if ('as' in turn) return takeJob({ ...found, spec: turn.as }, worker, now)
      const outcome =
        'outcome' in turn ? turn.outcome : { status: 'skipped' as const, reason: turn.skipBecause }
      return finishJob(found, outcome, now)
    }).catch(unlessNotThere)
    if (!job || !takeable) continue
    ;(job.state === 'finished' ? ended : leased).push(job)
    if (job.state === 'leased') onLeased(job)
  }
  return { leased, ended }
}

/** Between regions items arrive one by one, so a job may be named before it is there: it is passed over until then. */
const unlessNotThere = (error: unknown): undefined => {
  if (!(error instanceof JobNotFoundError)) throw error
}
