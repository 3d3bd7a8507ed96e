import type { RepositoryJobSpec } from '#core/contracts/jobs.ts'
import { ReplicaUnknownError } from '#core/errors/maintenance.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import type { Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import type { SecondCopy } from '../../storage/second-copy.ts'
import { compareReplica, type TellReplicated } from '../compare-replica.ts'
import { collectGarbage } from './collect-garbage.ts'
import type { ConfirmHeld, ConfirmRemoval } from './confirm.ts'
import { lockHeldPoints } from './lock-held-points.ts'
import { removePoints } from './remove-points.ts'
import { verifyRepository } from './verify-repository.ts'

export interface MaintenanceJob {
  jobId: string
  repository: Repository
  /** With the rights of the maintenance role, where this gateway has them. */
  openStore: () => Promise<MaintenanceStore>
  /** Of a job that compares with it. */
  secondCopy?: SecondCopy
  tellReplicated: TellReplicated
  confirm: ConfirmRemoval
  confirmHeld: ConfirmHeld
  context: JobContext
  clock: Clock
  log: Log
}

/** Does a job on the repository itself. Each may be cut off anywhere and done again, by any number of gateways (docs/repository-format.md, section 10.2). */
export const maintain = async (
  spec: RepositoryJobSpec,
  job: MaintenanceJob,
): Promise<Performed> => {
  if (spec.kind === 'compare-replica') {
    const { secondCopy } = job
    if (!secondCopy) throw new ReplicaUnknownError()
    return { outcome: await compareReplica({ ...job, secondCopy }) }
  }
  const store = await job.openStore()
  job.context.signal.throwIfAborted()
  switch (spec.kind) {
    case 'remove-points':
      return { outcome: await removePoints(spec, { ...job, store }) }
    case 'collect-garbage':
      return { outcome: await collectGarbage({ ...job, store }) }
    case 'verify-repository':
      return { outcome: await verifyRepository(spec, { ...job, store }) }
    case 'lock-held-points':
      return { outcome: await lockHeldPoints(spec, { ...job, store }) }
  }
}
