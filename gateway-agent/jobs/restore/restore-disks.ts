import type { RestoreReport, RestoreVmSpec, RestoreWishes } from '#core/contracts/restore.ts'
import { ownerOf, RESTORED_TAG, type RestoredMark } from '#core/points/marks.ts'
import { chooseDisks } from '#core/restore/disks.ts'
import { MEMORY_NOT_RESUMED } from '#core/restore/vm.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { ExistingVm } from '../../targets/existing/existing-vm.ts'
import { diskProgress } from '../backup/disk-progress.ts'
import type { KnownPoint } from '../choose-base.ts'
import { RestoreUnprovenError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { comparedContent } from './compared-content.ts'
import { needOf, type Wanted, wantedOf } from './write-disks.ts'

export type Overwriting = Omit<JobOptions<unknown>, 'spec'>

/** The VM that is written into; it need not be the one that was backed up. */
export interface Overwritten {
  vmUuid: string
  wishes: RestoreWishes
  start: boolean
  /** Mark the VM, so that the job finds it when it is run again: what its guest has written since is not taken back. */
  mark?: boolean
}

/** What the pool has to know of it. @throws errors of the repository */
export const overwriteRequest = async (
  { jobId, repository, context }: Overwriting,
  known: KnownPoint,
  { vmUuid, wishes }: Omit<Overwritten, 'start' | 'mark'>,
) => {
  const all = await wantedOf(repository, known)
  const wanted = chooseDisks(
    all.map(one => ({ ...one.metadata, one })),
    wishes,
  ).map(({ one }) => one)
  const request = {
    ...{ jobId, owner: ownerOf(repository.id), vmUuid, wishes },
    ...{ disks: wanted.map(needOf), signal: context.signal },
    left: all.filter(one => !wanted.includes(one)).map(needOf),
  }
  return { wanted, request }
}

/**
 * Writes a point into the disks of the VM that is there, or tells what that would do.
 * @param told what to know beside, one sentence each
 * @throws as {@link overwriteDisks}
 */
export const restoreDisks = async (
  options: JobOptions<RestoreVmSpec>,
  known: KnownPoint,
  told: readonly string[] = [],
): Promise<Performed> => {
  const { vmUuid, start, wishes = {} } = options.spec
  if (!wishes.planOnly) {
    const report = await overwriteDisks(options, known, { vmUuid, wishes, start, mark: true })
    const notes = bounded([...told, ...report.notes])
    return { outcome: { status: 'restored', report: { ...report, notes } } }
  }
  const { request } = await overwriteRequest(options, known, { vmUuid, wishes })
  const steps = [...(await options.pool.describeOverwrite(request)), ...memoryNotes(known), ...told]
  return { outcome: { status: 'planned', steps: bounded(steps) } }
}

/**
 * Reads what is on the disks of a VM, writes the blocks that differ from the point. When anything fails or is
 * cancelled, the VM goes back to the snapshot that was taken first.
 * @throws `RESTORE_UNPROVEN`, what `Pool.overwriteVm` refuses, errors of pool and repository
 */
export const overwriteDisks = async (
  options: Overwriting,
  known: KnownPoint,
  { vmUuid, wishes, start, mark = false }: Overwritten,
): Promise<RestoreReport> => {
  const { pool, context, log } = options
  const { wanted, request } = await overwriteRequest(options, known, { vmUuid, wishes })
  context.report({ phase: 'making the VM ready to be written into' })
  const vm = await pool.overwriteVm(request)
  let finished = false
  try {
    const disks: Awaited<ReturnType<typeof writeDisk>>[] = []
    const compared = wanted.reduce((sum, { stored }) => sum + stored.size, 0)
    const perDisk = diskProgress(
      wanted.map(({ metadata: { userdevice }, stored: { size } }) => ({
        ...{ userdevice, bytesTotal: size },
      })),
    )
    context.report({ phase: 'comparing and writing disks', bytesTotal: compared })
    let done = 0
    let bytesRead = 0
    for (const disk of wanted) {
      const { userdevice, vdiUuid } = disk.metadata
      const readBefore = bytesRead
      let seen = 0
      const tell = (bytes: number, readOfDisk = bytesRead - readBefore) => {
        perDisk.add(userdevice, bytes - seen)
        seen = bytes
        bytesRead = readBefore + readOfDisk
        context.report({ bytesDone: done + bytes, bytesRead, ...perDisk.told() })
      }
      const sr = vm.srOf(vdiUuid)
      const work = () => writeDisk(options, known, vm, disk, tell)
      disks.push(await options.gate(work, sr === undefined ? {} : { sr }))
      tell(disk.stored.size)
      done += disk.stored.size
    }
    context.signal.throwIfAborted()
    const bytesWritten = disks.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    const { jobId } = options
    const restored: RestoredMark = { vmUuid, jobId, pointId: known.point.id, bytesWritten }
    const marks = mark && { [RESTORED_TAG]: JSON.stringify(restored) }
    const { started } = await vm.finish({ start, ...(marks && { marks }) })
    finished = true
    return {
      ...{ newVmUuid: vmUuid, newName: vm.name, started, bytesWritten },
      identity: 'disks-only',
      disks: disks.map(({ bytesWritten: _, ...disk }) => disk),
      notes: bounded([...memoryNotes(known), ...vm.notes]),
    }
  } finally {
    if (!finished)
      await vm
        .putBack()
        .then(left => {
          for (const sentence of left) log.warn(sentence)
        })
        .catch(error => log.warn(`The VM ${vmUuid} could not be put back yet`, error))
  }
}

const memoryNotes = ({ subject }: KnownPoint): string[] =>
  subject.vm.memory ? [MEMORY_NOT_RESUMED] : []

const writeDisk = async (
  { pool, repository, context }: Overwriting,
  { point }: KnownPoint,
  vm: ExistingVm,
  { metadata, stored }: Wanted,
  tell: (bytes: number, bytesRead: number) => void,
) => {
  const { signal } = context
  const disk = vm.current(stored.id)
  const content = await comparedContent(repository, pool, {
    ...{ disk, point, stored, signal },
    onProgress: tell,
  })
  try {
    const nothing = { vdiUuid: disk.liveUuid, bytesWritten: 0 }
    const written =
      content.changedBytes === 0
        ? nothing
        : await vm.overwrite(stored.id, content, { signal, onProgress: () => undefined })
    const rootHash = content.rootHash()
    if (rootHash !== stored.rootHash)
      throw new RestoreUnprovenError(metadata.userdevice, stored.rootHash, rootHash)
    return { ...written, userdevice: metadata.userdevice, size: stored.size, rootHash }
  } finally {
    await content.close()
  }
}
