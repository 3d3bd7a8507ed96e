import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { createRepository } from '#repository/create.ts'
import type { Tuning } from '#repository/engine.ts'
import { newUlid } from '#repository/format/ulid.ts'
import type { LockPolicy } from '#repository/lock/generation.ts'
import { openRepository } from '#repository/open.ts'
import type { DiskExtent, Repository } from '#repository/repository.ts'
import { frozenClock, seededRandom } from './seeded.ts'

export const PASSPHRASE = 'correct horse battery staple'
export const VM = '0f8c3a52-5a1e-4c2e-9d51-2b8a7f3c9e10'
export const OTHER_VM = '7d1f0b6e-93a4-4f7b-8a55-c1de0b7a2f44'
const KiB = 1024

/** Small packs and chunks, so that few bytes go through everything. */
export const SMALL: Partial<Tuning> = {
  packTarget: 512 * KiB,
  packBlock: 64 * KiB,
  segment: 512 * KiB,
}

/** Tests make hundreds of repositories: threads only where a test is about them. */
const inline = (tuning: Partial<Tuning> = SMALL) => ({ workers: 0, ...tuning })

let seeds = 1
export const newRepository = async (
  store: ObjectStore,
  options: {
    seed?: number
    tuning?: Partial<Tuning>
    cacheDir?: string
    budgetBytes?: number
  } = {},
) => {
  const random = seededRandom(options.seed ?? seeds++)
  const clock = frozenClock()
  const { repository, recoveryKit } = await createRepository({
    store,
    passphrase: PASSPHRASE,
    clock,
    random,
    scryptLogN: 10,
    ...options,
    tuning: inline(options.tuning),
  })
  const jobId = () => {
    clock.time += 1000
    return newUlid(clock, random)
  }
  const reopen = (
    changes: {
      store?: ObjectStore
      cacheDir?: string
      tuning?: Partial<Tuning>
      budgetBytes?: number
    } = {},
  ) =>
    openRepository({
      store,
      unlock: { passphrase: PASSPHRASE },
      clock,
      random,
      ...changes,
      tuning: inline(changes.tuning),
    })
  return { repository, recoveryKit, random, clock, jobId, reopen }
}

export const emptyStore = () => memoryObjectStore({ clock: frozenClock() })

/** The disk as one buffer; checks that extents are ascending and without gaps. */
export const readAll = async (extents: AsyncIterable<DiskExtent>): Promise<Buffer> => {
  const parts: Uint8Array[] = []
  let at = 0
  for await (const extent of extents) {
    if (extent.offset !== at) throw new Error(`extent at ${extent.offset}, expected ${at}`)
    const bytes = extent.zero ? Buffer.alloc(extent.length) : extent.bytes
    parts.push(bytes)
    at += bytes.length
  }
  return Buffer.concat(parts)
}

export interface DiskImage {
  diskId: string
  image: Uint8Array
  chunkSize?: number
}

/** One point with whole disks. */
export const backUp = async (
  repository: Repository,
  {
    jobId,
    vmUuid = VM,
    disks,
    lock,
  }: { jobId: string; vmUuid?: string; disks: DiskImage[]; lock?: LockPolicy },
) => {
  const writer = await repository.beginPoint({ jobId, vmUuid, lock })
  await Promise.all(
    disks.map(async ({ diskId, image, chunkSize = 64 * KiB }) => {
      const disk = await writer.disk({ diskId, size: image.length, chunkSize, keep: false })
      for (let at = 0; at < image.length; at += 3 * chunkSize)
        await disk.write(at, Buffer.from(image.subarray(at, at + 3 * chunkSize)))
      await disk.finish()
    }),
  )
  const point = await writer.commit({ name: 'test' })
  return { point, statistics: { ...writer.statistics } }
}
