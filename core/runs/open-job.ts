import { keys } from '../catalog/keys.ts'
import type { Catalog, CatalogItem } from '../ports.ts'
import type { Job } from './job.ts'
import { comesLast } from './work-of.ts'

/** The entry that makes a dispatched, unfinished job findable by its queue: that of its pool, or of the repository. */
export interface OpenJob {
  runId: string
  /** Of a job whose run has a limit. */
  jobsAtOnce?: number
  /** Of such a job: a gateway has taken it. It may have given it back since. */
  begun?: true
  /** Of a job that waits for others of its run (gates.ts). */
  startsAfter?: string | readonly string[]
  last?: true
}

export const openJob = (job: Job): OpenJob => {
  const { runId, jobsAtOnce, startsAfter, state } = job
  return {
    runId,
    ...(jobsAtOnce !== undefined && {
      jobsAtOnce,
      ...(state === 'leased' && { begun: true as const }),
    }),
    ...(startsAfter !== undefined && { startsAfter }),
    ...(comesLast(job) && { last: true }),
  }
}

/** @returns the job as the catalog has it, whatever run it belongs to; `undefined` where it has none */
export const findJob = async (
  catalog: Catalog,
  jobId: string,
): Promise<CatalogItem<Job> | undefined> => {
  const owner = await catalog.get<{ runId: string }>(keys.jobOwner(jobId))
  return owner && catalog.get<Job>(keys.job(owner.value.runId, jobId))
}
