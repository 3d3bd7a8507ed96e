import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { toProblem } from '../errors/base.ts'
import { RunProgramFailedError } from '../errors/policies.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from './job.ts'
import { readJobs } from './jobs-catalog.ts'
import { findJob, type OpenJob } from './open-job.ts'
import { type Gate, gateAfter, gateOfLast, isAround, membersOf } from './programs.ts'
import { attemptOf, countsOf, type Run, stateOfCounts } from './run.ts'
import { readRun } from './runs-catalog.ts'
import { readTally } from './tally.ts'
import { comesLast } from './work-of.ts'

/** Of a job, or of its entry in a queue: what its place among the jobs of its run hangs on. */
interface Placed {
  runId: string
  /** Jobs of the run that come before it. */
  startsAfter?: string | readonly string[]
  /** It comes after all members of the run. */
  last?: true
}

export const placeOf = (job: Job): Placed => ({
  runId: job.runId,
  ...(job.startsAfter !== undefined && { startsAfter: job.startsAfter }),
  ...(comesLast(job) && { last: true }),
})

/**
 * Tells of jobs whether they may begin. What many of them wait for is read once.
 * @param arrived whether all that another region wrote is here by now: a job that is missing then is lost
 */
export const gatesIn = (catalog: Catalog, { arrived = false }: { arrived?: boolean } = {}) => {
  const known = new Map<string, Promise<Job | undefined>>()
  const jobOf = (jobId: string): Promise<Job | undefined> => {
    const found = known.get(jobId) ?? findJob(catalog, jobId).then(item => item?.value)
    known.set(jobId, found)
    return found
  }
  return async ({ runId, startsAfter, last }: Placed): Promise<Gate> => {
    const before = await Promise.all(precedersOf({ startsAfter }).map(jobOf))
    if (last) {
      if (before.some(job => !job)) return arrived ? LOST : 'closed'
      return gateOfLast(before[0], await haveMembersEnded(catalog, runId))
    }
    const gates = before.map((job): Gate => (job ? gateAfter(job) : arrived ? LOST : 'closed'))
    return (
      gates.find(gate => typeof gate === 'object') ??
      gates.find(gate => gate === 'closed') ??
      'open'
    )
  }
}

/** Ids of the jobs that come before one. */
export const precedersOf = ({
  startsAfter = [],
}: {
  startsAfter?: Placed['startsAfter'] | undefined
}): readonly string[] => (typeof startsAfter === 'string' ? [startsAfter] : startsAfter)

const LOST: Gate = {
  outcome: {
    status: 'failed',
    problem: toProblem(
      new RunProgramFailedError('before', 'its job was lost when another region took over.'),
    ),
  },
}

const haveMembersEnded = async (catalog: Catalog, runId: string): Promise<boolean> => {
  const run = (await readRun(catalog, runId)).value
  const { request, counted, regionEpoch } = run
  if (request) return false // not all of them are made
  if (!counted)
    return membersOf(await readJobs(catalog, runId)).every(({ state }) => state === 'finished')
  if (regionEpoch !== undefined && attemptOf(run) > 1) return isNoneOpen(catalog, runId, counted)
  const { good, failed, skipped, cancelled } = await readTally(catalog, runId)
  return good + failed + skipped + cancelled >= counted.jobs
}

/**
 * Of a large run that was gone on with, perhaps by a region that took over: its counts may be off then by what the lost region had not sent, for ever. The jobs
 * themselves are read only where none is in a queue.
 */
const isNoneOpen = async (
  catalog: Catalog,
  runId: string,
  { queues }: NonNullable<Run['counted']>,
): Promise<boolean> => {
  const isOpen = (job: Job | undefined) => job && !isAround(job) && job.state !== 'finished'
  // An entry may have come over without the end of its job.
  for (const queue of queues)
    for await (const { sk, value } of queryAll<OpenJob>(catalog, keys.openJob(queue, '').pk))
      if (value.runId === runId && isOpen((await findJob(catalog, sk))?.value)) return false
  for await (const { value } of queryAll<Job>(catalog, keys.job(runId, '').pk, { page: 200 }))
    if (isOpen(value)) return false
  return true
}

/** The program after a run as it is given to a gateway: it is told what the backups came to. */
export const withStatus = async (catalog: Catalog, job: Job): Promise<Job['spec']> => {
  const { spec, runId } = job
  if (spec.kind !== 'run-program' || spec.when !== 'after') return spec
  const { counted, cancelRequested = false } = (await readRun(catalog, runId)).value
  const counts = counted
    ? { ...(await readTally(catalog, runId)), jobs: counted.jobs }
    : countsOf(membersOf(await readJobs(catalog, runId)))
  const status = stateOfCounts(counts, cancelRequested)
  // Backups wait for no person.
  return { ...spec, status: status === 'action-required' ? 'warning' : status }
}
