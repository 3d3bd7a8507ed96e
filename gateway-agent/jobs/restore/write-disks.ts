import type { DiskMetadata } from '#core/points/vm-metadata.ts'
import type { DiskNeed } from '#core/restore/storage.ts'
import type { PointDisk, Repository } from '#repository/index.ts'
import type { NewVm } from '../../targets/api.ts'
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

/** What the point holds of the disks; maps are read, no content. */
export const wantedOf = async (
  repository: Repository,
  { point, subject }: KnownPoint,
): Promise<Wanted[]> => {
  const wanted: Wanted[] = []
  for (const metadata of subject.vm.disks) {
    const stored = point.disks.find(({ id }) => id === metadata.vdiUuid)
    if (stored)
      wanted.push({ metadata, stored, content: await provenContent(repository, point, stored) })
  }
  return wanted
}

export const needOf = ({ metadata, stored, content }: Wanted): DiskNeed => ({
  vdiUuid: metadata.vdiUuid,
  userdevice: metadata.userdevice,
  name: metadata.name,
  size: stored.size,
  content: content.needed,
})

/**
 * Writes all disks of a point, several at once, and proves each by its root hash. After the first failure the others stop.
 * @param ready what `wantedOf` told already
 * @throws `RESTORE_UNPROVEN`, errors of pool and repository
 */
export const writeDisks = async (
  { repository, gate, context }: WriteOptions,
  vm: Pick<NewVm, 'addDisk'>,
  known: KnownPoint,
  ready?: readonly Wanted[],
) => {
  const wanted = ready ?? (await wantedOf(repository, known))
  const failure = new AbortController()
  const signal = AbortSignal.any([context.signal, failure.signal])
  const done = new Map<string, number>()
  context.report({
    phase: 'writing disks',
    bytesTotal: wanted.reduce((sum, { stored }) => sum + stored.size, 0),
  })

  const writeDisk = async ({ metadata, stored, content }: Wanted) => {
    signal.throwIfAborted()
    const { vdiUuid, bytesWritten } = await vm.addDisk({
      disk: metadata,
      content,
      signal,
      onProgress: bytes => {
        done.set(stored.id, bytes)
        const sum = [...done.values()].reduce((total, value) => total + value, 0)
        context.report({ bytesDone: sum, bytesRead: sum })
      },
    })
    const rootHash = content.rootHash()
    if (rootHash !== stored.rootHash)
      throw new RestoreUnprovenError(metadata.userdevice, stored.rootHash, rootHash)
    done.set(stored.id, stored.size) // holes are done, too
    return { vdiUuid, userdevice: metadata.userdevice, size: stored.size, rootHash, bytesWritten }
  }

  const results = await Promise.allSettled(
    wanted.map(disk =>
      gate(() => writeDisk(disk)).catch(error => {
        failure.abort(error)
        throw error
      }),
    ),
  )
  context.signal.throwIfAborted()
  if (failure.signal.aborted) throw failure.signal.reason
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
}
