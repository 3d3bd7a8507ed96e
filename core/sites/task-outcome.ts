import type { SiteTaskOutcome } from '../contracts/site-points.ts'
import { explainJob } from '../runs/explain.ts'
import type { Job } from '../runs/job.ts'

/** What a job came to, as its site point tells it. @returns nothing for jobs that are no task of the site */
export const taskOutcome = ({ siteTask, ...job }: Job): SiteTaskOutcome | undefined => {
  if (siteTask === undefined) return undefined
  const { jobId, outcome } = job
  const common = { taskId: siteTask, jobId }
  if (outcome?.status !== 'backed-up')
    return { ...common, because: outcome ? explainJob(job, [], 0) : 'It has not ended.' }
  const { pointId, taken, consistency, weakerBecause, vmUuid } = outcome.point
  return {
    ...common,
    subjectUuid: vmUuid,
    point: { pointId, taken, consistency, ...(weakerBecause && { weakerBecause }) },
  }
}
