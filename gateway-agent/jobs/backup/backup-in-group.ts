import type { SnapshotGroup } from '#core/contracts/methods.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { Performed } from '../../control/leased-job.ts'
import type { VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import { findPointOfJob } from '../choose-base.ts'
import { patiently, type Waiting } from '../patient.ts'
import type { BackupOptions } from './backup-vm.ts'
import { LeftOutError, type TakeInGroup } from './snapshot-group.ts'
import type { GroupOptions } from './take-group.ts'

export interface InGroup extends Waiting, Pick<GroupOptions, 'openJobs' | 'isRunning'> {
  takeInGroup: TakeInGroup
  /** Backs the VM up while nobody else is at work on it. */
  inTurn: (more: Pick<BackupOptions, 'inGroup' | 'first'>) => Promise<Performed>
}

/**
 * Backs up a VM of a group: first the snapshots of all, while nobody else is at work on any of the VMs; then each is a job like any other.
 * A backup of the VM that came in between has the newer snapshot, so that this one may have to read more, never less.
 * @throws `GROUP_FAILED`, and what a backup throws
 */
export const backupInGroup = async (
  group: SnapshotGroup,
  backup: BackupOptions,
  { takeInGroup, inTurn, openJobs, isRunning, ...waiting }: InGroup,
): Promise<Performed> => {
  const { jobId, spec, pool, repository, context } = backup
  const { signal } = context
  const take = async (): Promise<VmSnapshot | undefined> => {
    // Run again after its commit: it needs none.
    if (await findPointOfJob(repository, spec.vmUuid, jobId)) return undefined
    await repository.assertTakesPoints({ lock: spec.lock })
    return takeInGroup({
      ...{ group, jobId, pool, openJobs, signal },
      owner: ownerOf(repository.id),
      findProvider: backup.findProvider ?? (() => undefined),
      ...(isRunning && { isRunning }),
      tell: phase => context.report({ phase: phase.slice(0, 200) }),
    })
  }
  const taken = await patiently(backup, waiting, take).catch(error => {
    if (!(error instanceof LeftOutError)) throw error
    // Whether it was deleted or never was there is told by its points.
    if (asXenkeepError(error.cause).code === 'VM_NOT_FOUND') return error.cause
    throw error.cause
  })
  if (!taken) return inTurn({})
  const inGroup = () => {
    if (taken instanceof Error) throw taken
    return taken
  }
  return inTurn({ inGroup, first: true })
}
