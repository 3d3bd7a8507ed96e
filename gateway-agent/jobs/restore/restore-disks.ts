import type { RestoreVmSpec } from '#core/contracts/restore.ts'
import { ownerOf } from '#core/points/marks.ts'
import { chooseDisks } from '#core/restore/disks.ts'
import { MEMORY_NOT_RESUMED } from '#core/restore/vm.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import type { DiskComparison } from '#repository/index.ts'
import type { Performed } from '../../control/leased-job.ts'
import { bounded } from '../../sentences.ts'
import type { ExistingVm } from '../../targets/existing-vm.ts'
import type { KnownPoint } from '../choose-base.ts'
import { RestoreUnprovenError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { needOf, type Wanted, wantedOf } from './write-disks.ts'

const BLOCK = 2 * 1024 * 1024 // bytes: a block of the VHD that carries it

/**
 * Writes a point into the disks of the VM that is there: reads what is on them, writes the blocks that differ. When anything fails or is
 * cancelled, the VM goes back to the snapshot that was taken first.
 * @throws `RESTORE_UNPROVEN`, what `Pool.overwriteVm` refuses, errors of pool and repository
 */
export const restoreDisks = async (
  options: JobOptions<RestoreVmSpec>,
  known: KnownPoint,
): Promise<Performed> => {
  const { jobId, spec, pool, repository, context, log } = options
  const wishes = spec.wishes ?? {}
  const all = await wantedOf(repository, known)
  const wanted = chooseDisks(
    all.map(one => ({ ...one.metadata, one })),
    wishes,
  ).map(({ one }) => one)
  const request = {
    ...{ jobId, owner: ownerOf(repository.id), vmUuid: spec.vmUuid, wishes },
    ...{ disks: wanted.map(needOf), signal: context.signal },
    left: all.filter(one => !wanted.includes(one)).map(needOf),
  }
  if (wishes.planOnly)
    return {
      outcome: {
        status: 'planned',
        steps: bounded([...(await pool.describeOverwrite(request)), ...memoryNotes(known)]),
      },
    }
  context.report({ phase: 'making the VM ready to be written into' })
  const vm = await pool.overwriteVm(request)
  let finished = false
  try {
    const disks: Awaited<ReturnType<typeof writeDisk>>[] = []
    const compared = wanted.reduce((sum, { stored }) => sum + stored.size, 0)
    context.report({ phase: 'comparing and writing disks', bytesTotal: compared })
    let done = 0
    for (const disk of wanted) {
      disks.push(await options.gate(() => writeDisk(options, known, vm, disk, done)))
      done += disk.stored.size
      context.report({ bytesDone: done })
    }
    context.signal.throwIfAborted()
    const { started } = await vm.finish({ start: spec.start })
    finished = true
    const bytesWritten = disks.reduce((sum, disk) => sum + disk.bytesWritten, 0)
    return {
      outcome: {
        status: 'restored',
        report: {
          ...{ newVmUuid: spec.vmUuid, newName: vm.name, started, bytesWritten },
          identity: 'disks-only',
          disks: disks.map(({ bytesWritten: _, ...disk }) => disk),
          notes: bounded([...memoryNotes(known), ...vm.notes]),
        },
      },
    }
  } finally {
    if (!finished)
      await vm
        .putBack()
        .then(left => {
          for (const sentence of left) log.warn(sentence)
        })
        .catch(error => log.warn(`The VM ${spec.vmUuid} could not be put back yet`, error))
  }
}

const memoryNotes = ({ subject }: KnownPoint): string[] =>
  subject.vm.memory ? [MEMORY_NOT_RESUMED] : []

const writeDisk = async (
  { pool, repository, context }: JobOptions<RestoreVmSpec>,
  { point }: KnownPoint,
  vm: ExistingVm,
  { metadata, stored }: Wanted,
  before: number,
) => {
  const { signal } = context
  const { size, chunkSize } = stored
  const comparison = await repository.comparison(point, stored.id)
  const disk = vm.current(stored.id)
  const reading = await pool.readDisk({ disk, whole: true, chunkSize, signal })
  for await (const extent of reading.extents()) {
    if (extent.zero) continue // what nobody tells is zero
    comparison.update(extent.offset, extent.bytes)
    context.report({ bytesDone: before + extent.offset, bytesRead: reading.bytesRead })
  }
  const found = differing(comparison, size)
  const open = await repository.openDisk(point, stored.id)
  try {
    const content: DiskContent = {
      size,
      present: block => found.has(block),
      async *read(stop) {
        for (const block of found) {
          stop.throwIfAborted()
          const offset = block * BLOCK
          const bytes = await open.read(offset, Math.min(BLOCK, size - offset))
          comparison.update(offset, bytes)
          yield { offset, bytes }
        }
      },
    }
    const nothing = { vdiUuid: disk.liveUuid, bytesWritten: 0 }
    const written =
      found.size === 0
        ? nothing
        : await vm.overwrite(stored.id, content, { signal, onProgress: () => undefined })
    const rootHash = comparison.digest()
    if (rootHash !== stored.rootHash)
      throw new RestoreUnprovenError(metadata.userdevice, stored.rootHash, rootHash)
    return { ...written, userdevice: metadata.userdevice, size, rootHash }
  } finally {
    await open.close()
  }
}

/** Blocks of the VHD that differ, ascending. */
const differing = (comparison: DiskComparison, size: number): Set<number> =>
  new Set(
    Array.from({ length: Math.ceil(size / BLOCK) }, (_, block) => block).filter(block =>
      comparison.differs(block * BLOCK, BLOCK),
    ),
  )
