import type { BackupTemplateSpec } from '#core/contracts/components.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { PointSubject } from '#core/points/subject.ts'
import type { Performed } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import { bounded } from '../../sentences.ts'
import type { VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import { findPointOfJob, type KnownPoint } from '../choose-base.ts'
import type { JobOptions } from '../job-options.ts'
import type { Pool } from '../pool.ts'
import { backedUp } from './backed-up.ts'
import { copyDisks } from './copy-disks.ts'

/**
 * Backs up one custom template: its record, and its disks in full. A template has no power state to be consistent with, so that
 * snapshots of its disks one after the other are one state. Run again under the same id, it finds its point and answers the same.
 * Neither snapshot nor mark stays on the pool.
 *
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, errors of pool and repository
 */
export const backupTemplate = async (
  options: JobOptions<BackupTemplateSpec>,
): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  const made = await findPointOfJob(repository, spec.vmUuid, jobId)
  if (made) return backedUp(repository, made)

  const owner = ownerOf(repository.id)
  // Of an attempt that was cut off. Its snapshots are not gone on with: a template is read anew in minutes.
  const leftovers = (await pool.listOurs(owner)).filter(object => object.jobId === jobId)
  if (leftovers.length > 0) await pool.removeOurs(leftovers)

  context.report({ phase: 'taking snapshots of the disks' })
  const { vmUuid } = spec
  const taken = await pool.components.now()
  const snapshot = await pool.snapshotTemplate({
    vmUuid,
    jobId,
    owner,
    taken,
    signal: context.signal,
  })
  try {
    return await backedUp(repository, await writePoint(options, snapshot))
  } finally {
    await removeSnapshot(pool, snapshot, jobId, log)
  }
}

const writePoint = async (
  { jobId, spec, pool, repository, gate, context }: JobOptions<BackupTemplateSpec>,
  snapshot: VmSnapshot,
): Promise<KnownPoint> => {
  const [vm, about] = [await pool.readVmMetadata(spec.vmUuid), await pool.describe()]
  const { signal } = context
  const { vmUuid, lock } = spec
  const writer = await repository.beginPoint({ jobId, vmUuid, lock, signal })
  try {
    const base = undefined
    const noBase = 'read in full, because changes of templates are not tracked'
    const copied = await copyDisks({ pool, snapshot, writer, base, noBase, gate, context })
    context.report({ phase: 'committing the recovery point' })
    const subject: PointSubject = {
      format: 1,
      pool: { uuid: pool.uuid, ...about },
      taken: snapshot.taken,
      powerState: snapshot.powerState,
      ...(spec.policyId && { policyId: spec.policyId }),
      ...(spec.site && { site: spec.site }),
      consistency: snapshot.consistency,
      vm,
      disks: copied.disks,
      skipped: snapshot.skipped,
      notes: bounded([...snapshot.notes, ...writer.notes]),
    }
    const point = await writer.commit(subject)
    context.report({ bytesStored: writer.statistics.storedBytes + point.size })
    return { point, subject }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** The disks bear the job's mark: what cannot be removed now goes with the next sweep. */
const removeSnapshot = async (
  pool: Pool,
  { owner }: VmSnapshot,
  jobId: string,
  log: Log,
): Promise<void> => {
  try {
    const ours = (await pool.listOurs(owner)).filter(object => object.jobId === jobId)
    for (const sentence of await pool.removeOurs(ours)) log.warn(sentence)
  } catch (error) {
    log.warn(`The disk snapshots of job ${jobId} could not be removed yet`, error)
  }
}
