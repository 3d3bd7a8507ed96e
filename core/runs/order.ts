import type { JobOutcome, JobSpec } from '../contracts/jobs.ts'
import type { Catalog, CatalogItem } from '../ports.ts'
import { gatesIn, withStatus } from './gates.ts'
import { isTakeable, type Worker } from './job.ts'
import { findJob, type OpenJob } from './open-job.ts'

/** Whether a job that waits in a queue may begin now, what it is to do then, or what it comes to without being begun. */
export type Turn =
  | 'take'
  | 'wait'
  | { as: JobSpec }
  | { outcome: JobOutcome }
  | { skipBecause: string }

/** Keeps the jobs of a queue in the order of their runs: the program before, the backups, the program after. Asked of each in the order of the queue. */
export const orderIn = (
  catalog: Catalog,
  { worker, now }: { worker: Worker; now: number },
): ((open: CatalogItem<OpenJob>) => Promise<Turn>) => {
  const gate = gatesIn(catalog)
  const busy = new Set<string>()
  return async ({ sk: jobId, value }) => {
    const { runId, last } = value
    // Some backup of the run was met in this very queue: nobody has to count the others.
    if (last && busy.has(runId)) return 'wait'
    if (!last) busy.add(runId)
    const job = last && (await findJob(catalog, jobId))?.value
    // Nor while somebody has it at work.
    if (last && !(job && isTakeable(job, worker, now))) return 'wait'
    const place = await gate(value)
    if (place === 'closed') return 'wait'
    if (place !== 'open') return place
    return job ? { as: await withStatus(catalog, job) } : 'take'
  }
}
