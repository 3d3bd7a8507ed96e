import type { Repository } from '#repository/index.ts'
import type { JobContext } from '../control/leased-job.ts'

/** A component of this guest is to be saved or restored. */
export interface ComponentJob<Spec> {
  jobId: string
  spec: Spec
  repository: Repository
  context: JobContext
}
