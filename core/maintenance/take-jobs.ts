import type { Catalog } from '../ports.ts'
import { isTakeable, type Job } from '../runs/job.ts'
import { readJob, readJobs } from '../runs/jobs-catalog.ts'
import { findJob } from '../runs/open-job.ts'
import type { Turn } from '../runs/order.ts'
import { type Taken, type Taking, takeFrom } from '../runs/take-jobs.ts'
import { REPOSITORY_QUEUE } from '../runs/work-of.ts'
import { turnOf } from './turn.ts'

/**
 * As `takeJobs`, of the repository's own queue: of each run only the job whose turn it is.
 * @param kept as of `turnOf`
 */
export const takeRepositoryJobs = (
  catalog: Catalog,
  taking: Taking,
  kept?: string,
): Promise<Taken> => {
  const turns = new Map<string, (jobId: string) => Promise<Turn>>()
  return takeFrom(catalog, REPOSITORY_QUEUE, taking, {
    turnOf({ sk: jobId, value: { runId } }) {
      const ofRun = turns.get(runId) ?? turnsOf(catalog, runId, taking, kept)
      turns.set(runId, ofRun)
      return ofRun(jobId)
    },
  })
}

/**
 * The turns of one run, whose jobs are asked for in their order. A gateway asks every few seconds, and a run may have 200 jobs with 100 points each: what all of
 * them came to is read only where one of them may begin.
 */
const turnsOf = (catalog: Catalog, runId: string, { worker, now }: Taking, kept?: string) => {
  let ofRun: Job[] | undefined
  let skipped: string | undefined
  let goesOn = false
  return async (jobId: string): Promise<Turn> => {
    if (goesOn) return 'wait'
    const job = (await findJob(catalog, jobId))?.value
    if (!job || !isTakeable(job, worker, now)) {
      goesOn = true
      return 'wait'
    }
    ofRun ??= await readJobs(catalog, runId)
    if (skipped !== undefined) ofRun = await withNow(catalog, ofRun, skipped)
    const turn = turnOf(job, ofRun, kept)
    if (typeof turn === 'string') goesOn = true
    else skipped = jobId
    return turn
  }
}

/** What was skipped just now lets the next one have its turn, if it was. */
const withNow = async (catalog: Catalog, jobs: readonly Job[], changed: string): Promise<Job[]> => {
  const { value } = await readJob(catalog, changed)
  return jobs.map(job => (job.jobId === changed ? value : job))
}
