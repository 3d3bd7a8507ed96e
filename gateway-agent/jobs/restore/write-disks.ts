import type { RestoreWishes } from '#core/contracts/restore.ts'
import type { DiskMetadata } from '#core/points/vm-metadata.ts'
import { chooseDisks } from '#core/restore/disks.ts'
import type { DiskNeed } from '#core/restore/storage.ts'
import type { PointDisk, Repository } from '#repository/index.ts'
import type { JobContext } from '../../control/leased-job.ts'
import type { NewVm } from '../../targets/api.ts'
import { memoryDisk } from '../../targets/new/memory-image.ts'
import { diskProgress } from '../backup/disk-progress.ts'
import type { KnownPoint } from '../choose-base.ts'
import { RestoreUnprovenError } from '../errors.ts'
import type { JobOptions } from '../job-options.ts'
import { type ProvenContent, provenContent } from './disk-content.ts'

type WriteOptions = Pick<JobOptions<unknown>, 'repository' | 'gate' | 'context'>

/** A disk of the point together with how it hung on the VM, and what it holds. */
export interface Wanted {
  metadata: DiskMetadata
  stored: PointDisk
  content: ProvenContent
}

/**
 * What the point holds of the disks that are asked for, all unless told; maps are read, no content.
 * @throws `RESTORE_NO_SUCH_PART`
 */
export const wantedOf = async (
  repository: Repository,
  { point, subject }: KnownPoint,
  wishes: Pick<RestoreWishes, 'disks' | 'diskSrs'> = {},
): Promise<Wanted[]> => {
  const wanted: Wanted[] = []
  const kept = subject.vm.disks.filter(({ vdiUuid }) =>
    point.disks.some(({ id }) => id === vdiUuid),
  )
  for (const metadata of chooseDisks(kept, wishes)) {
    const stored = point.disks.find(({ id }) => id === metadata.vdiUuid)
    if (stored)
      wanted.push({ metadata, stored, content: await provenContent(repository, point, stored) })
  }
  return wanted
}

/** The memory image of the point, to be written like a disk. */
export const wantedMemory = async (
  repository: Repository,
  { point, subject }: KnownPoint,
): Promise<Wanted[]> => {
  const { memory } = subject.vm
  const stored = memory && point.disks.find(({ id }) => id === memory.vdiUuid)
  if (!memory || !stored) return []
  const content = await provenContent(repository, point, stored)
  return [{ metadata: memoryDisk(memory), stored, content }]
}

export const needOf = ({ metadata, stored, content }: Wanted): DiskNeed => ({
  vdiUuid: metadata.vdiUuid,
  userdevice: metadata.userdevice,
  name: metadata.name,
  size: stored.size,
  content: content.needed,
})

/**
 * Writes disks of a point, several at once, and proves each by its root hash. After the first failure the others stop.
 * @param ready what `wantedOf` told already
 * @throws `RESTORE_UNPROVEN`, errors of pool and repository
 */
export const writeDisks = async (
  { repository, gate, context }: WriteOptions,
  vm: Pick<NewVm, 'addDisk' | 'srOf'>,
  known: KnownPoint,
  ready?: readonly Wanted[],
) => {
  const wanted = ready ?? (await wantedOf(repository, known))
  const failure = new AbortController()
  const signal = AbortSignal.any([context.signal, failure.signal])
  const tell = progressOf(wanted, context)

  const writeDisk = async ({ metadata, stored, content }: Wanted) => {
    signal.throwIfAborted()
    const { vdiUuid, bytesWritten } = await vm.addDisk({
      disk: metadata,
      content,
      signal,
      onProgress: bytes => tell(metadata, bytes),
    })
    const rootHash = content.rootHash()
    if (rootHash !== stored.rootHash)
      throw new RestoreUnprovenError(metadata.userdevice, stored.rootHash, rootHash)
    tell(metadata, stored.size) // holes are done, too
    return { vdiUuid, userdevice: metadata.userdevice, size: stored.size, rootHash, bytesWritten }
  }

  const results = await Promise.allSettled(
    wanted.map(disk => {
      const sr = vm.srOf(disk.metadata.vdiUuid)
      return gate(() => writeDisk(disk), { signal, ...(sr !== undefined && { sr }) }).catch(
        error => {
          failure.abort(error)
          throw error
        },
      )
    }),
  )
  context.signal.throwIfAborted()
  if (failure.signal.aborted) throw failure.signal.reason
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
}

/** @returns takes how much of a disk is done, in bytes */
const progressOf = (wanted: readonly Wanted[], context: JobContext) => {
  const done = new Map<string, number>()
  const perDisk = diskProgress(
    wanted.map(({ metadata, stored }) => ({
      userdevice: metadata.userdevice,
      bytesTotal: stored.size,
    })),
  )
  const bytesTotal = wanted.reduce((sum, { stored }) => sum + stored.size, 0)
  context.report({ phase: 'writing disks', bytesTotal, ...perDisk.told() })
  return ({ userdevice }: DiskMetadata, bytes: number): void => {
    perDisk.add(userdevice, bytes - (done.get(userdevice) ?? 0))
    done.set(userdevice, bytes)
    const sum = [...done.values()].reduce((total, value) => total + value, 0)
    context.report({ bytesDone: sum, bytesRead: sum, ...perDisk.told() })
  }
}
