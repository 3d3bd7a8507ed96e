import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { RunView } from '../contracts/runs-api.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import { explainJob, subjectInWords, WORDS } from './explain.ts'
import { isGood, type Job } from './job.ts'
import { queueOf } from './work-of.ts'

/**
 * How many of the jobs of a large run have ended, and how. Kept beside the jobs, in the write that ends each, so that a look at the run needs not read all of
 * them: 10,000 jobs that ended well are some 30 MB.
 */
export interface Tally {
  good: number
  failed: number
  skipped: number
  cancelled: number
  /** The first that did not end well, a line each. */
  troubles: string[]
  /** The same for each queue; older ones have none. */
  queues?: Record<string, QueueTally>
}

/** Jobs of one queue that have ended. */
export interface QueueTally {
  ended: number
  good: number
  /** When the last of them ended, ms since 1970. */
  last: number
}

/** Counts of a run are spread over so many items: jobs that end at the same moment rarely meet. */
const SHARDS = 16
/** Troubles that one item names. */
const NAMED = 3
const NAMED_LENGTH = 250 // characters

const NONE: Tally = { good: 0, failed: 0, skipped: 0, cancelled: 0, troubles: [] }

/** Which item counts the `index`th job of a run. */
export const shardOf = (index: number): number => index % SHARDS

const add = (tally: Tally, job: Job): Tally => ({
  ...count(tally, job),
  queues: addToQueue(tally, job),
})

const addToQueue = ({ queues = {} }: Tally, { spec, outcome, finished = 0 }: Job) => {
  const queue = queueOf(spec)
  const one = { ended: 1, good: isGood(outcome) ? 1 : 0, last: finished }
  return { ...queues, [queue]: bothQueues(queues[queue], one) }
}

const bothQueues = (one: QueueTally | undefined, other: QueueTally): QueueTally => ({
  ended: (one?.ended ?? 0) + other.ended,
  good: (one?.good ?? 0) + other.good,
  last: Math.max(one?.last ?? 0, other.last),
})

const count = (tally: Tally, job: Job): Tally => {
  const { status } = job.outcome ?? {}
  if (isGood(job.outcome)) return { ...tally, good: tally.good + 1 }
  if (status === 'cancelled') return { ...tally, cancelled: tally.cancelled + 1 }
  const kind = status === 'skipped' ? 'skipped' : 'failed'
  const line = `${subjectInWords(job.spec)}: ${explainJob(job, [], 0)}`.slice(0, NAMED_LENGTH)
  return {
    ...tally,
    [kind]: tally[kind] + 1,
    troubles: tally.troubles.length < NAMED ? [...tally.troubles, line] : tally.troubles,
  }
}

const joinedQueues = (
  one: NonNullable<Tally['queues']> = {},
  other: NonNullable<Tally['queues']> = {},
): NonNullable<Tally['queues']> => {
  const joined = new Map(Object.entries(one))
  for (const [queue, tally] of Object.entries(other))
    joined.set(queue, bothQueues(joined.get(queue), tally))
  return Object.fromEntries(joined)
}

const together = (one: Tally, other: Tally): Tally => ({
  good: one.good + other.good,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
  cancelled: one.cancelled + other.cancelled,
  troubles: [...one.troubles, ...other.troubles],
  queues: joinedQueues(one.queues, other.queues),
})

/** @returns what counts a job that ends, to be written in one piece with its end; nothing for jobs of small runs */
export const tallyWrites = async (catalog: Catalog, job: Job): Promise<CatalogWrite[]> => {
  if (job.shard === undefined) return []
  const key = keys.tally(job.runId, job.shard)
  const found: CatalogItem<Tally> | undefined = await catalog.get<Tally>(key)
  const value = add(found?.value ?? NONE, job)
  return [{ kind: 'put', key, value, expect: found ? { version: found.version } : 'absent' }]
}

export const readTally = async (catalog: Catalog, runId: string): Promise<Tally> =>
  (await Array.fromAsync(queryAll<Tally>(catalog, keys.tally(runId, 0).pk)))
    .map(({ value }) => value)
    .reduce(together, NONE)

/** One line on a large run that goes on. */
export const explainTally = (kind: RunView['kind'], jobs: number, tally: Tally): string => {
  const { good, failed, skipped, cancelled, troubles } = tally
  const open = jobs - good - failed - skipped - cancelled
  const counts = [
    `${good} of ${jobs} ${WORDS[kind]}`,
    ...Object.entries({ failed, skipped, cancelled, open })
      .filter(([, count]) => count > 0)
      .map(([what, count]) => `${count} ${what}`),
  ].join(', ')
  const shown = troubles.slice(0, NAMED)
  const more = failed + skipped - shown.length
  const rest = more > 0 ? ` · and ${more} more` : ''
  return shown.length > 0 ? `${counts}. ${shown.join(' · ')}${rest}` : `${counts}.`
}
