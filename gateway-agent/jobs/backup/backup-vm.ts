import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { SnapshotGoneError } from '#core/errors/methods.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { PointSubject, SubjectDisk } from '#core/points/subject.ts'
import type { Performed } from '../../control/leased-job.ts'
import type { Log } from '../../log.ts'
import { takeByMethod } from '../../methods/index.ts'
import type { FindProvider } from '../../quiesce/provider.ts'
import { bounded } from '../../sentences.ts'
import type { VmSnapshot } from '../../xapi/snapshot/vm-snapshot.ts'
import { findPointOfJob, type KnownPoint, newestReadablePoint } from '../choose-base.ts'
import type { JobOptions } from '../job-options.ts'
import type { Pool } from '../pool.ts'
import { backedUp } from './backed-up.ts'
import { copyDisks } from './copy-disks.ts'

export interface BackupOptions extends JobOptions<BackupVmSpec> {
  /** Who brings a guest to rest; nobody unless told. */
  findProvider?: FindProvider
  /** The snapshot that was taken together with those of its group, or throws why there is none. */
  inGroup?: () => VmSnapshot
  /** Whether the job is run again after this failure; its snapshot stays then. `bytes`: of disk, read for it so far. */
  goesOn?: (error: unknown, bytes: number) => boolean
  /** Nobody has begun this job before, so that no snapshot of it can be there. */
  first?: boolean
  /** Whether a job is at work in this process. */
  isRunning?: (jobId: string) => boolean
  /** What had cut the last attempt off, a sentence; where this process knows. */
  lastFailure?: string | undefined
  /** What happened to the connection to the pool since the job began, in sentences. */
  happened?: () => readonly string[]
}

/**
 * Backs up one VM into one new recovery point named by the job. Run again under the same id, it finds its point and answers
 * the same without reading anything; or it finds its snapshot and goes on with it. Unless it `goesOn`, no snapshot, block or task
 * stays behind, whatever happens.
 *
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_MIGRATING`, errors of pool and repository
 */
export const backupVm = async (options: BackupOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  const made = await findPointOfJob(repository, spec.vmUuid, jobId)
  if (made) return backedUp(repository, made)

  // An earlier attempt may have been cut off while the VM was down; that comes before everything else.
  const owner = ownerOf(repository.id)
  const stops = spec.method === 'offline' || spec.method === 'memory'
  const isRunning = (other: string): boolean =>
    other !== jobId && (options.isRunning?.(other) ?? false)
  const again = stops ? await pool.runAgain({ vmUuid: spec.vmUuid, owner, isRunning }) : []
  context.report({ phase: 'looking for the last recovery point' })
  const { base, notes } = await newestReadablePoint(repository, spec.vmUuid)
  notes.push(...again)
  const earlier = options.first ? undefined : await earlierSnapshot(options, notes)
  const snapshot = earlier ?? (await takeSnapshot(options, base))
  if (typeof snapshot === 'string') return { outcome: { status: 'skipped', reason: snapshot } }
  let keep = false
  const read = { bytes: 0 }
  try {
    const known = await writePoint(options, snapshot, base, [...notes, ...snapshot.notes], read)
    keep = true
    return {
      ...(await backedUp(repository, known)),
      settle: () => pool.keepCbtBases(snapshot).then(left => tellLeft(log, left)),
    }
  } catch (error) {
    if (await wasRemoved(options, snapshot)) throw new SnapshotGoneError(spec.vmName, error)
    keep = options.goesOn?.(error, read.bytes) ?? false
    throw error
  } finally {
    if (!keep) await destroyQuietly(pool, snapshot, log)
  }
}

/** Whether somebody else removed the snapshot that was being read. A pool that does not answer has not said so. */
const wasRemoved = async (
  { pool, context }: BackupOptions,
  { uuid }: VmSnapshot,
): Promise<boolean> =>
  !context.signal.aborted && uuid !== '' && !(await pool.hasVm(uuid).catch(() => true))

/** @returns what an earlier attempt took, where it is good to go on with; the rest of that attempt is removed where not */
const earlierSnapshot = async (
  { jobId, spec, pool, repository, log }: BackupOptions,
  notes: string[],
): Promise<VmSnapshot | undefined> => {
  const owner = ownerOf(repository.id)
  const found = await pool.findSnapshot({ vmUuid: spec.vmUuid, jobId, owner })
  if (!found) return undefined
  // Without its group's facts it is that of a group that was cut off: the group is taken anew, or this one completed.
  if (spec.group && !('snapshot' in found && found.snapshot.group)) return undefined
  if ('snapshot' in found) return found.snapshot
  notes.push(
    `The snapshot of an earlier attempt was not gone on with, because ${found.unusable}; this backup began anew.`,
  )
  const ours = (await pool.listOurs(owner)).filter(object => object.jobId === jobId)
  tellLeft(log, await pool.removeOurs(ours))
  return undefined
}

/** @returns why there is nothing to save: the VM is gone and was there when the base was taken, so it was deleted; or its content is discarded */
const takeSnapshot = async (
  { jobId, spec, pool, repository, context, findProvider, inGroup }: BackupOptions,
  base: KnownPoint | undefined,
): Promise<VmSnapshot | string> => {
  const { vmUuid, vmName, excludedDisks } = spec
  const owner = ownerOf(repository.id)
  const { signal } = context
  const tell = (phase: string) => context.report({ phase: phase.slice(0, 200) })
  try {
    if (inGroup) return inGroup()
    // A guest is not shut down, frozen or stopped for a point that could not be kept.
    await repository.assertTakesPoints({ lock: spec.lock })
    return await takeByMethod({
      pool,
      vmName,
      choice: spec,
      snapshot: {
        vmUuid,
        jobId,
        owner,
        signal,
        excludedDisks,
      },
      findProvider: findProvider ?? (() => undefined),
      tell,
    })
  } catch (error) {
    const { code, message } = asXenkeepError(error)
    if (base && code === 'VM_NOT_FOUND') return deletedReason(spec, base)
    if (code === 'VM_CONTENT_DISCARDED') return message.slice(0, 500)
    throw error
  }
}

/** A base that is damaged is no base, whenever that comes to light: all disks are read in full, which heals the repository, and the user is told. */
const writePoint = async (
  options: BackupOptions,
  snapshot: VmSnapshot,
  base: KnownPoint | undefined,
  notes: string[],
  read: { bytes: number },
): Promise<KnownPoint> => {
  try {
    return await writePointOn(base, options, snapshot, notes, read)
  } catch (error) {
    if (!base || !isDamage(error)) throw error
    notes.push(`The recovery point ${base.point.id} cannot serve as base: ${error.message}`)
    return writePointOn(undefined, options, snapshot, notes, read)
  }
}

const writePointOn = async (
  base: KnownPoint | undefined,
  { jobId, spec, pool, repository, gate, context, lastFailure, happened }: BackupOptions,
  snapshot: VmSnapshot,
  notes: string[],
  read: { bytes: number },
): Promise<KnownPoint> => {
  const [vm, about] = await Promise.all([
    pool.readVmMetadata(spec.vmUuid, snapshot),
    pool.describe(),
  ])
  context.signal.throwIfAborted()
  const writer = await repository.beginPoint({
    jobId,
    vmUuid: spec.vmUuid,
    lock: spec.lock,
    base: base?.point,
    signal: context.signal,
  })
  try {
    const copied = await copyDisks({
      ...{ pool, snapshot, writer, base, gate, context },
      wire: spec.wire,
    })
    const { disks } = copied
    notes.push(...wentOn(copied, lastFailure), ...(happened?.() ?? []), ...writer.notes)
    context.signal.throwIfAborted()
    context.report({ phase: 'committing the recovery point' })
    const subject: PointSubject = {
      format: 1,
      pool: { uuid: pool.uuid, ...about },
      taken: snapshot.taken,
      powerState: snapshot.powerState,
      ...(snapshot.startTime !== undefined && { startTime: snapshot.startTime }),
      ...(spec.policyId && { policyId: spec.policyId }),
      ...(spec.site && { site: spec.site }),
      consistency: snapshot.consistency,
      method: spec.method,
      ...(snapshot.weakerBecause && { weakerBecause: snapshot.weakerBecause }),
      ...(snapshot.group && { group: snapshot.group }),
      vm: { ...vm, ...(snapshot.memory && { memory: snapshot.memory }) },
      disks: disks.map(disk => withBase(disk, snapshot)),
      skipped: [
        ...snapshot.skipped,
        ...vm.cds.flatMap(({ userdevice, iso }) =>
          iso
            ? [
                {
                  userdevice,
                  reason: `it is a CD drive; of its image "${iso.name.slice(0, 200)}" the name is kept, not the content`,
                },
              ]
            : [],
        ),
      ],
      notes: bounded(notes),
    }
    const point = await writer.commit(subject)
    context.report({ bytesStored: writer.statistics.storedBytes + point.size })
    return { point, subject }
  } catch (error) {
    const { changedBytes, resumedBytes = 0 } = writer.statistics
    read.bytes = changedBytes + resumedBytes
    await writer.abort()
    throw error
  }
}

const GiB = 1024 ** 3

const inGiB = (bytes: number): string => `${(bytes / GiB).toFixed(bytes < 10 * GiB ? 2 : 0)} GiB`

/** @returns how far earlier attempts had come, in words */
const wentOn = (
  { bytesResumed, bytesTotal }: { bytesResumed: number; bytesTotal: number },
  lastFailure?: string,
): string[] => {
  if (bytesResumed === 0)
    return lastFailure === undefined ? [] : [`The first attempt failed: ${lastFailure}`]
  const after = lastFailure ?? 'an earlier attempt was cut off, as by a restart of the agent.'
  return [`Went on from ${inGiB(bytesResumed)} of ${inGiB(bytesTotal)} after ${after}`]
}

/** Only a snapshot that CBT covers can be the base of the next increment. */
const withBase = (disk: SubjectDisk, { disks }: VmSnapshot): SubjectDisk => {
  const source = disks.find(({ liveUuid }) => liveUuid === disk.vdiUuid)
  return source?.cbt ? { ...disk, cbtBase: { vdiUuid: source.uuid } } : disk
}

const deletedReason = ({ vmName }: BackupVmSpec, base: KnownPoint | undefined): string =>
  `The VM "${vmName.slice(0, 100)}" is no longer in the pool. Its recovery points stay; the last one is ${base?.point.id}.`

const destroyQuietly = (pool: Pool, snapshot: VmSnapshot, log: Log): Promise<void> =>
  pool.destroySnapshot(snapshot).then(
    left => tellLeft(log, left),
    error => log.warn(`The snapshot ${snapshot.uuid} could not be removed yet`, error),
  )

const tellLeft = (log: Log, left: readonly string[]): void => {
  for (const sentence of left) log.warn(sentence)
}
