import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { Catalog, CatalogItem } from '../ports.ts'
import { hasRunOut, type Job } from './job.ts'
import type { OpenJob } from './open-job.ts'

/**
 * Keeps the jobs of a run that are under way in a pool to the number that its policy allows. The jobs of a pool go to one gateway, which asks once at a
 * time, so nobody else counts meanwhile. Jobs without a limit cost nothing; of the others only
 * those are read that were begun: 1,000 of a large run may wait in a queue, and its gateway asks every two seconds.
 * @param now ms since 1970
 */
export const turnsIn = (
  catalog: Catalog,
  findJob: (jobId: string) => Promise<CatalogItem<Job> | undefined>,
  { poolUuid, now }: { poolUuid: string; now: number },
) => {
  const underWay = new Map<string, Set<string>>()

  const jobsOf = async (runId: string): Promise<Set<string>> => {
    const known = underWay.get(runId)
    if (known) return known
    const open = await Array.fromAsync(queryAll<OpenJob>(catalog, keys.openJob(poolUuid, '').pk))
    const jobs = await Promise.all(
      open.filter(({ value }) => value.begun && value.runId === runId).map(({ sk }) => findJob(sk)),
    )
    const leased = jobs.flatMap(item =>
      item?.value.state === 'leased' && !hasRunOut(item.value, now) ? [item.value.jobId] : [],
    )
    const found = new Set(leased)
    underWay.set(runId, found)
    return found
  }

  return {
    /** Whether the job may be begun now; one that is under way already may be given again. */
    isFree: async ({ sk: jobId, value }: CatalogItem<OpenJob>): Promise<boolean> => {
      if (value.jobsAtOnce === undefined) return true
      const jobs = await jobsOf(value.runId)
      return jobs.has(jobId) || jobs.size < value.jobsAtOnce
    },
    /** Counts a job that was just begun. */
    take: ({ runId, jobId }: Pick<Job, 'runId' | 'jobId'>): void => {
      underWay.get(runId)?.add(jobId)
    },
  }
}
