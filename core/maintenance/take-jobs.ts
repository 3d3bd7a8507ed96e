import type { Catalog } from '../ports.ts'
import { readJobs } from '../runs/jobs-catalog.ts'
import { type Taken, type Taking, takeFrom } from '../runs/take-jobs.ts'
import { REPOSITORY_QUEUE } from '../runs/work-of.ts'
import { turnOf } from './turn.ts'

/** As `takeJobs`, of the repository's own queue: of each run only the job whose turn it is. */
export const takeRepositoryJobs = (catalog: Catalog, taking: Taking): Promise<Taken> =>
  takeFrom(catalog, REPOSITORY_QUEUE, taking, {
    async turnOf({ sk: jobId, value: { runId } }) {
      // Read again for each: what was skipped just now lets the next one have its turn.
      const ofRun = await readJobs(catalog, runId)
      const found = ofRun.find(job => job.jobId === jobId)
      return found ? turnOf(found, ofRun) : 'wait'
    },
  })
