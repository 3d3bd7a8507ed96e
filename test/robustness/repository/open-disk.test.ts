import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteRange, ObjectStore } from '#core/ports.ts'
import { randomImage } from '#test/support/repository/images.ts'
import { backUp, emptyStore, newRepository, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { flipBit } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const tuning = { packTarget: 6 * CHUNK, packBlock: CHUNK, joinGap: CHUNK / 4 }

/** Says what was asked of packs with data; may hold answers back. */
const watched = (store: ObjectStore) => {
  const gets: { key: string; range: ByteRange | undefined }[] = []
  let gate: Promise<void> = Promise.resolve()
  const wrapped: ObjectStore = {
    address: store.address,
    put: (key, parts) => store.put(key, parts),
    get: async (key, range, memory) => {
      if (key.startsWith('packs/')) {
        gets.push({ key, range })
        await gate
      }
      return store.get(key, range, memory)
    },
    stat: key => store.stat(key),
    list: (prefix, options) => store.list(prefix, options),
  }
  return {
    store: wrapped,
    gets,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}

const prepared = async (image: Buffer, limits: Parameters<typeof openAll>[2] = {}) => {
  const store = emptyStore()
  const { gets, hold, store: seen } = watched(store)
  const made = await newRepository(seen, { tuning })
  const disks = [{ diskId: 'a', image }]
  const { point } = await backUp(made.repository, { jobId: made.jobId(), disks })
  const disk = await openAll(made.repository, point, limits)
  gets.length = 0
  return { ...made, disk, point, store, gets, hold }
}

type Made = Awaited<ReturnType<typeof newRepository>>['repository']
const openAll = (
  repository: Made,
  point: Parameters<Made['openDisk']>[0],
  limits: Parameters<Made['openDisk']>[2] = {},
) => repository.openDisk(point, 'a', limits)

test('any reads, several at once, with any limits, give the bytes of the disk', async () => {
  const step = fc.record({ at: fc.nat(), length: fc.nat({ max: 5 * CHUNK }), wait: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 2 ** 30 }),
        size: fc.integer({ min: 1, max: 24 * CHUNK }),
        cache: fc.constantFrom(0, CHUNK, 3 * CHUNK, 100 * CHUNK),
        readAhead: fc.constantFrom(0, 3 * CHUNK),
        steps: fc.array(step, { maxLength: 20 }),
      }),
      async ({ seed, size, steps, ...limits }) => {
        const image = randomImage(seededRandom(seed), size, CHUNK)
        const { disk, repository } = await prepared(image, limits)
        const open: Promise<void>[] = []
        let last = 0
        for (const { at, length, wait } of steps) {
          // Half of the reads go on where the last one ended.
          const offset = at % 2 === 0 ? last : at % size
          const span = Math.min(length, size - offset)
          last = (offset + span) % size
          const check = async () => {
            const bytes = await disk.read(offset, span)
            expect(image.subarray(offset, offset + span).equals(bytes)).toBe(true)
            bytes.fill(0xee) // the caller's own
          }
          open.push(check())
          if (wait) await Promise.all(open)
        }
        await Promise.all(open)
        await disk.close()
        await repository.close()
      },
    ),
    { numRuns: 30 },
  )
})

test('extents tell zeros without reading a chunk, and reading zeros fetches nothing', async () => {
  const image = Buffer.alloc(8 * CHUNK + 100)
  image.fill('x', 2 * CHUNK + 7, 3 * CHUNK)
  image.fill('y', 5 * CHUNK, 5 * CHUNK + 1)
  image.fill('z', 8 * CHUNK + 99)
  const { disk, gets } = await prepared(image)
  const span = (offset: number, end: number, zero: boolean) => ({
    offset,
    length: end - offset,
    zero,
  })
  expect(await disk.extents(10, 8 * CHUNK + 90)).toEqual([
    span(10, 2 * CHUNK, true),
    span(2 * CHUNK, 3 * CHUNK, false),
    span(3 * CHUNK, 5 * CHUNK, true),
    span(5 * CHUNK, 6 * CHUNK, false),
    span(6 * CHUNK, 8 * CHUNK, true),
    span(8 * CHUNK, 8 * CHUNK + 100, false),
  ])
  expect(Buffer.from(await disk.read(3 * CHUNK, 2 * CHUNK)).equals(Buffer.alloc(2 * CHUNK))).toBe(
    true,
  )
  expect(gets).toEqual([])
})

describe('what is fetched', () => {
  const image = Buffer.from(seededRandom(7).bytes(16 * CHUNK))

  test('one small read takes one GET of one record, and none when it comes again', async () => {
    const { disk, gets } = await prepared(image)
    await disk.read(3 * CHUNK + 5, 100)
    expect(gets).toHaveLength(1)
    expect(gets[0]?.range).toBeDefined()
    expect((gets.at(0) as { range: { length: number } }).range.length).toBeLessThan(CHUNK + 200)
    await disk.read(3 * CHUNK + 1000, 2000)
    expect(gets).toHaveLength(1)
  })

  test('neighbours come by one GET', async () => {
    const { disk, gets } = await prepared(image)
    await disk.read(0, 4 * CHUNK)
    expect(gets).toHaveLength(1)
  })

  test('many readers of one chunk fetch it once', async () => {
    const { disk, gets, hold } = await prepared(image)
    const release = hold()
    const reads = Array.from({ length: 20 }, (_, i) => disk.read(i * 100, 100))
    await Promise.resolve()
    release()
    const all = await Promise.all(reads)
    expect(Buffer.concat(all).equals(image.subarray(0, 2000))).toBe(true)
    expect(gets).toHaveLength(1)
  })

  test('reads here and there fetch nothing ahead; reads in a row do, within the limit', async () => {
    const { disk, gets } = await prepared(image, { readAhead: 2 * CHUNK })
    await disk.read(9 * CHUNK, CHUNK)
    await disk.read(1 * CHUNK, CHUNK)
    expect(gets).toHaveLength(2)
    await disk.read(2 * CHUNK, CHUNK)
    await disk.read(3 * CHUNK, CHUNK)
    await disk.close()
    const bytes = gets.reduce((sum, { range }) => sum + (range as { length: number }).length, 0)
    // 9, 1, 2, 3, and ahead of them 4 and 5
    expect(Math.floor(bytes / CHUNK)).toBe(6)
  })

  test('the cache is bounded: what was pushed out is fetched again', async () => {
    const { disk, gets } = await prepared(image, { cache: 2 * CHUNK, readAhead: 0 })
    for (const at of [0, 5, 10, 0]) await disk.read(at * CHUNK, 1)
    expect(gets).toHaveLength(4)
    await disk.read(10 * CHUNK, 1)
    expect(gets).toHaveLength(4)
  })
})

const chunkOf = (image: Buffer, number: number) =>
  image.subarray(number * CHUNK, (number + 1) * CHUNK)

test('a damaged chunk names disk and place, and the rest stays readable', async () => {
  const image = Buffer.from(seededRandom(8).bytes(16 * CHUNK))
  const { disk, gets, store, point, reopen } = await prepared(image)
  await disk.read(5 * CHUNK, 1)
  const { key, range } = gets[0] as { key: string; range: { offset: number } }
  await disk.close()
  flipBit(store, key, range.offset + 500)

  const again = await (await reopen()).openDisk(point, 'a', { readAhead: 0 })
  await expect(again.read(4 * CHUNK, 3 * CHUNK)).rejects.toMatchObject({
    code: 'OBJECT_DAMAGED',
    place: { vmUuid: VM, pointId: point.id, diskId: 'a', offset: 5 * CHUNK },
  })
  for (const at of [0, 4, 6, 15])
    expect(Buffer.from(await again.read(at * CHUNK, CHUNK)).equals(chunkOf(image, at))).toBe(true)
  // What failed is not remembered: put right, it is read.
  flipBit(store, key, range.offset + 500)
  expect(Buffer.from(await again.read(5 * CHUNK, CHUNK)).equals(chunkOf(image, 5))).toBe(true)
})
