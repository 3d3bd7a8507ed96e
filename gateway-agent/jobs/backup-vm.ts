import type { BackupVmSpec } from '#core/contracts/jobs.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { isDamage } from '#core/errors/repository.ts'
import { ownerOf } from '#core/points/marks.ts'
import type { PointSubject, SubjectDisk } from '#core/points/subject.ts'
import { summarize } from '#core/points/summary.ts'
import type { PointWriter, Repository } from '#repository/index.ts'
import type { JobContext, Performed } from '../control/leased-job.ts'
import { limits } from '../limits.ts'
import type { Log } from '../log.ts'
import { methods } from '../methods/index.ts'
import type { Taken } from '../methods/normal.ts'
import type { VmSnapshot } from '../xapi/snapshot.ts'
import { findPointOfJob, type KnownPoint, newestReadablePoint } from './choose-base.ts'
import { copyDisks, type DiskGate } from './copy-disks.ts'
import type { Pool } from './pool.ts'

export interface BackupOptions {
  jobId: string
  spec: BackupVmSpec
  pool: Pool
  repository: Repository
  /** Lets so many disks stream at once, over all jobs. */
  gate: DiskGate
  context: JobContext
  log: Log
}

/**
 * Backs up one VM into one new recovery point named by the job. Run again under the same id, it finds its point and answers
 * the same without reading anything. Whatever happens, no snapshot, block or task stays behind.
 *
 * @throws `VM_NOT_FOUND`, `VM_NOT_PROTECTABLE`, `VM_MIGRATING`, errors of pool and repository
 */
export const backupVm = async (options: BackupOptions): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  const made = await findPointOfJob(repository, spec.vmUuid, jobId)
  if (made) return backedUp(repository.id, made)

  context.report({ phase: 'looking for the last recovery point' })
  const { base, notes } = await newestReadablePoint(repository, spec.vmUuid)
  const taken = await takeSnapshot(options, base)
  if (!taken) return { outcome: { status: 'skipped', reason: deletedReason(spec, base) } }
  const { snapshot } = taken
  let kept = false
  try {
    const known = await writePoint(options, taken, base, [...notes, ...snapshot.notes])
    kept = true
    return {
      ...backedUp(repository.id, known),
      settle: () => pool.keepCbtBases(snapshot).then(left => tellLeft(log, left)),
    }
  } finally {
    if (!kept) await destroyQuietly(pool, snapshot, log)
  }
}

/** @returns nothing where the VM is gone and was there when the base was taken: it was deleted. */
const takeSnapshot = async (
  { jobId, spec, pool, repository, context }: BackupOptions,
  base: KnownPoint | undefined,
): Promise<Taken | undefined> => {
  context.report({ phase: 'taking a snapshot' })
  try {
    return await methods[spec.method](pool, {
      vmUuid: spec.vmUuid,
      jobId,
      owner: ownerOf(repository.id),
      signal: context.signal,
    })
  } catch (error) {
    if (base && asXenkeepError(error).code === 'VM_NOT_FOUND') return undefined
    throw error
  }
}

const writePoint = async (
  { jobId, spec, pool, repository, gate, context }: BackupOptions,
  { snapshot, consistency }: Taken,
  wanted: KnownPoint | undefined,
  notes: string[],
): Promise<KnownPoint> => {
  const [vm, about] = await Promise.all([pool.readVmMetadata(spec.vmUuid), pool.describe()])
  context.signal.throwIfAborted()
  const { writer, base } = await beginPoint(
    repository,
    { jobId, vmUuid: spec.vmUuid },
    wanted,
    notes,
  )
  try {
    const disks = await copyDisks({ pool, snapshot, writer, base, gate, context })
    context.signal.throwIfAborted()
    context.report({ phase: 'committing the recovery point' })
    const subject: PointSubject = {
      format: 1,
      pool: { uuid: pool.uuid, ...about },
      taken: snapshot.taken,
      powerState: snapshot.powerState,
      consistency,
      vm,
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
    await writer.abort()
    throw error
  }
}

/** A base whose packs are damaged is no base: the disks are read in full, which heals the repository, and the user is told. */
const beginPoint = async (
  repository: Repository,
  request: { jobId: string; vmUuid: string },
  base: KnownPoint | undefined,
  notes: string[],
): Promise<{ writer: PointWriter; base: KnownPoint | undefined }> => {
  try {
    return { writer: await repository.beginPoint({ ...request, base: base?.point }), base }
  } catch (error) {
    if (!base || !isDamage(error)) throw error
    notes.push(`The recovery point ${base.point.id} cannot serve as base: ${error.message}`)
    return { writer: await repository.beginPoint(request), base: undefined }
  }
}

/** Only a snapshot that CBT covers can be the base of the next increment. */
const withBase = (disk: SubjectDisk, { disks }: VmSnapshot): SubjectDisk => {
  const source = disks.find(({ liveUuid }) => liveUuid === disk.vdiUuid)
  return source?.cbt ? { ...disk, cbtBase: { vdiUuid: source.uuid } } : disk
}

const backedUp = (repositoryId: string, { point, subject }: KnownPoint): Performed => ({
  outcome: {
    status: 'backed-up',
    point: summarize(repositoryId, point, subject),
    notes: subject.notes,
  },
})

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

/** @returns what the schemas allow: each sentence once, none too long, not too many */
export const bounded = (notes: readonly string[]): string[] =>
  [...new Set(notes)].slice(0, limits.notes).map(note => note.slice(0, limits.noteLength))
