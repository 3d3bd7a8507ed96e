import type { Repository } from '#repository/index.ts'
import type { JobContext } from '../control/leased-job.ts'
import type { Log } from '../log.ts'
import type { DiskGate } from './disk-gate.ts'
import type { Pool } from './pool.ts'

/** What every job that reads or writes disks works with. */
export interface JobOptions<Spec> {
  jobId: string
  spec: Spec
  pool: Pool
  repository: Repository
  /** Lets so many disks stream at once, over all jobs. */
  gate: DiskGate
  context: JobContext
  log: Log
}
