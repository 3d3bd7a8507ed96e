import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog } from '../ports.ts'
import { finishJob, isTakeable, type Job, takeJob, type Worker } from '../runs/job.ts'
import { changeJob, type IsOpen, readJobs } from '../runs/jobs-catalog.ts'
import { REPOSITORY_QUEUE } from '../runs/work-of.ts'
import { turnOf } from './turn.ts'

/**
 * As `takeJobs`, of the repository's own queue: of each run only the job whose turn it is.
 * @returns the jobs leased, and those that have ended, skipped ones among them, whose waiting tasks must be told
 */
export const takeRepositoryJobs = async (
  catalog: Catalog,
  worker: Worker,
  slots: number,
  now: number,
  isOpen: IsOpen = async () => true,
): Promise<{ leased: Job[]; ended: Job[] }> => {
  const leased: Job[] = []
  const ended: Job[] = []
  const queue = queryAll<{ runId: string }>(catalog, keys.openJob(REPOSITORY_QUEUE, '').pk)
  for await (const { sk: jobId, value } of queue) {
    if (leased.length >= slots) break
    if (!(await isOpen(value.runId))) continue
    // Read again for each: what was skipped just now lets the next one have its turn.
    const ofRun = await readJobs(catalog, value.runId)
    const found = ofRun.find(job => job.jobId === jobId)
    if (!found) continue
    const turn = turnOf(found, ofRun)
    if (turn === 'wait') continue
    let takeable = false
    const job = await changeJob(catalog, jobId, open => {
      takeable = isTakeable(open, worker, now)
      if (!takeable) return open
      return turn === 'take'
        ? takeJob(open, worker, now)
        : finishJob(open, { status: 'skipped', reason: turn.skipBecause }, now)
    })
    if (takeable) (job.state === 'finished' ? ended : leased).push(job)
  }
  return { leased, ended }
}
