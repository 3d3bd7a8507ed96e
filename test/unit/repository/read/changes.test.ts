import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { backUp, newRepository, readAll } from '#test/support/repository/open.ts'

const CHUNK = 64 * 1024
let made: Awaited<ReturnType<typeof newRepository>>
beforeAll(async () => {
  made = await newRepository(memoryObjectStore(), { seed: 21 })
})

/** Chunks by their contents, 0 is zeros; the last one may be short. */
const imageOf = (chunks: readonly number[], cut: number): Buffer => {
  const image = Buffer.concat(chunks.map(content => Buffer.alloc(CHUNK, content)))
  return image.subarray(0, image.length - cut)
}
const disk = fc.tuple(
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
  fc.integer({ min: 0, max: CHUNK / 512 - 1 }).map(sectors => sectors * 512),
)
const pointWith = async (image: Uint8Array) =>
  (await backUp(made.repository, { jobId: made.jobId(), disks: [{ diskId: 'a', image }] })).point

describe('what differs between two disks', () => {
  it('is told by their maps; written over the older content it is the newer, and the root hash says so', () =>
    fc.assert(
      fc.asyncProperty(disk, disk, async (before, after) => {
        const { repository } = made
        const [old, image] = [imageOf(...before), imageOf(...after)]
        const [older, newer] = [await pointWith(old), await pointWith(image)]
        const changes = await repository.changes(
          { point: older, diskId: 'a' },
          { point: newer, diskId: 'a' },
        )
        // A disk that was resized: cut off, or grown by zeros.
        const written = Buffer.alloc(image.length)
        old.copy(written)
        const hasher = changes.hasher()
        let bytes = 0
        for await (const extent of repository.readDisk(newer, 'a', { within: changes.differs })) {
          const part = extent.zero ? Buffer.alloc(extent.length) : extent.bytes
          hasher.update(extent.offset, part)
          written.set(part, extent.offset)
          bytes += part.length
        }
        expect(written.equals(image)).toBe(true)
        const rootHash = newer.disks[0]?.rootHash
        expect(hasher.digest()).toBe(rootHash)
        expect(bytes).toBeLessThanOrEqual(image.length)
        if (old.equals(image)) expect(bytes).toBe(0)
        if (bytes > 0) expect(changes.hasher().digest()).not.toBe(rootHash) // nothing was given
      }),
      { numRuns: 40, seed: 4 },
    ))

  it('is everything where the chunks have another size', async () => {
    const { repository } = made
    const image = imageOf([1, 2, 0, 3], 512)
    const older = await pointWith(image)
    const newer = await backUp(repository, {
      jobId: made.jobId(),
      disks: [{ diskId: 'a', image, chunkSize: 2 * CHUNK }],
    })
    const { point } = newer
    const changes = await repository.changes({ point: older, diskId: 'a' }, { point, diskId: 'a' })
    expect(changes.differs(0, 512)).toBe(true)
    const hasher = changes.hasher()
    for await (const extent of repository.readDisk(point, 'a'))
      if (!extent.zero) hasher.update(extent.offset, extent.bytes)
    expect(hasher.digest()).toBe(point.disks[0]?.rootHash)
    expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
  })

  it('refuses a disk that is not there', async () => {
    const point = await pointWith(imageOf([1], 0))
    await expect(
      made.repository.changes({ point, diskId: 'a' }, { point, diskId: 'b' }),
    ).rejects.toMatchObject({ code: 'DISK_NOT_FOUND' })
  })
})
