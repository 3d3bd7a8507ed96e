import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import { randomImage } from '#test/support/repository/images.ts'
import { backUp, emptyStore, newRepository, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const tuning = {
  packTarget: 6 * CHUNK,
  packBlock: CHUNK,
  joinLimit: 3 * CHUNK,
  window: 8 * CHUNK,
  getsAhead: 3,
}

/** Fails where a byte is written twice or by two at once; keeps no memory that it was lent. */
const restored = async (repository: Repository, point: Point, size: number) => {
  const image = Buffer.alloc(size, 0xee)
  const seen = new Set<number>()
  let writing = 0
  await repository.restoreDisk(point, 'a', async extent => {
    expect(++writing).toBe(1)
    const length = extent.zero ? extent.length : extent.bytes.length
    for (let at = extent.offset; at < extent.offset + length; at += CHUNK) {
      expect(seen.has(at)).toBe(false)
      seen.add(at)
    }
    await new Promise(resolve => setImmediate(resolve))
    if (extent.zero) image.fill(0, extent.offset, extent.offset + length)
    else image.set(extent.bytes, extent.offset)
    writing--
  })
  return image
}

/** Looks at what it was lent only after others had their turn: what is lent again too early is found out. */
const readLent = async (repository: Repository, point: Point, size: number) => {
  const image = Buffer.alloc(size)
  for await (const extent of repository.readDisk(point, 'a', { lent: true })) {
    if (extent.zero) continue
    await new Promise(resolve => setImmediate(resolve))
    image.set(extent.bytes, extent.offset)
  }
  return image
}

test('any disk is written whole, every chunk once, though it comes in any order', async () => {
  const { repository, jobId } = await newRepository(emptyStore(), { tuning })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 30 }),
      fc.integer({ min: 1, max: 40 * CHUNK }),
      async (seed, size) => {
        const image = randomImage(seededRandom(seed), size, CHUNK)
        // Some chunks again, far from the first.
        image.copy(image, 20 * CHUNK, 0, Math.max(0, Math.min(2 * CHUNK, size - 20 * CHUNK)))
        const { point } = await backUp(repository, {
          jobId: jobId(),
          disks: [{ diskId: 'a', image }],
        })
        expect((await restored(repository, point, size)).equals(image)).toBe(true)
        expect((await readLent(repository, point, size)).equals(image)).toBe(true)
      },
    ),
    { numRuns: 20 },
  )
})

describe('ended early', () => {
  const prepared = async () => {
    const store = emptyStore()
    const made = await newRepository(store, { tuning, budgetBytes: 16 * CHUNK })
    const image = Buffer.from(made.random.bytes(30 * CHUNK))
    const disks = [{ diskId: 'a', image }]
    const { point } = await backUp(made.repository, { jobId: made.jobId(), disks })
    return { store, image, point, ...made }
  }

  test('damage is told with VM, disk and offset, and the room comes back', async () => {
    const { store, point, image, repository } = await prepared()
    const [pack] = keysOf(store, 'packs/')
    flipBit(store, pack as string, 64 + 40 + 1000)
    for (let round = 0; round < 4; round++)
      await expect(restored(repository, point, image.length)).rejects.toMatchObject({
        code: 'OBJECT_DAMAGED',
        place: { vmUuid: VM, diskId: 'a', pointId: point.id },
      })
  })

  test('what the target throws is thrown, and nothing is written afterwards', async () => {
    const { point, repository } = await prepared()
    let writes = 0
    const full = new Error('disk full')
    const write = async () => {
      if (++writes === 3) throw full
    }
    for (let round = 0; round < 4; round++) {
      writes = 0
      await expect(repository.restoreDisk(point, 'a', write)).rejects.toBe(full)
      expect(writes).toBe(3)
    }
  })

  test('a signal stops it', async () => {
    const { point, repository } = await prepared()
    const stop = new AbortController()
    let writes = 0
    const write = async () => {
      if (++writes === 2) stop.abort()
    }
    const { signal } = stop
    await expect(repository.restoreDisk(point, 'a', write, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(writes).toBeLessThan(30)
  })

  test('a pack that is missing in mid-way is damage', async () => {
    const { store, point, image, reopen } = await prepared()
    const engine = await reopen({
      store: faulty(store, []),
      tuning,
    })
    store.objects.delete(keysOf(store, 'packs/')[1] as string)
    await expect(restored(engine, point, image.length)).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
    })
  })
})
