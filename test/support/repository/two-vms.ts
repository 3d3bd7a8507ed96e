import { expect } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { recordSize } from '#repository/format/record.ts'
import { SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import type { Repository } from '#repository/repository.ts'
import { backUp, emptyStore, newRepository, OTHER_VM, readAll, VM } from './open.ts'
import { frozenClock } from './seeded.ts'
import { copyOf, keysOf } from './tamper.ts'

export const CHUNK = 64 * 1024
export const CHUNKS = 6
/** One chunk after the other into one pack: record k is chunk k. Random, so stored raw: every record has the same size. */
export const TUNING = { chunksAtWork: 1, segment: 2 * CHUNK }
export const RECORD = recordSize(CHUNK)
/** Where the record of a chunk begins in the data pack of its VM. */
export const startOf = (chunk: number) => SESSION_ENTRY_SIZE + chunk * RECORD

export const wholeDisk = { offset: 0, length: CHUNKS * CHUNK }
export const chunkAt = (chunk: number) => ({ offset: chunk * CHUNK, length: CHUNK })

/** One point of each of two VMs, without anything in common. `dataPack` and `metaPack` are those of the first. */
export const twoVms = async () => {
  const original = emptyStore()
  const made = await newRepository(original, { tuning: TUNING })
  const { repository, jobId } = made
  const image = () => Buffer.from(made.random.bytes(CHUNKS * CHUNK))
  const images = { vm: image(), other: image() }
  const pointOf = async (vmUuid: string, bytes: Buffer) => {
    const disks = [{ diskId: 'a', image: bytes }]
    return (await backUp(repository, { jobId: jobId(), vmUuid, disks })).point
  }
  const points = {
    vm: await pointOf(VM, images.vm),
    other: await pointOf(OTHER_VM, images.other),
  }
  const nameOf = (kind: string) => {
    const pack = [...points.vm.packs.values()].find(ref => ref.kind === kind)
    return keysOf(original, '').find(key => key.endsWith(pack?.ulid as string)) as string
  }
  const packs = { data: nameOf('data'), meta: nameOf('meta') }
  await repository.close()

  return {
    original,
    points,
    images,
    dataPack: packs.data,
    metaPack: packs.meta,
    /** A repository of its own, damaged, opened without any memory of better days. */
    damaged: async (harm: (store: MemoryObjectStore) => void): Promise<Repository> => {
      const store = copyOf(original, memoryObjectStore({ clock: frozenClock() }))
      harm(store)
      return made.reopen({ store, tuning: TUNING })
    },
    /** What a finding says that strikes this stretch of the first VM's disk. */
    strikes: (extent: { offset: number; length: number }) => ({
      vmUuid: VM,
      pointId: points.vm.id,
      diskId: 'a',
      ...extent,
    }),
    /** The other VM reads as ever. */
    expectOtherWhole: async (repository: Repository) =>
      expect((await readAll(repository.readDisk(points.other, 'a'))).equals(images.other)).toBe(
        true,
      ),
  }
}
