import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { backUp, newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const DAY = 24 * 60 * 60 * 1000
const CHUNK = 64 * 1024
const TUNING = { rewriteBelow: 0, compactFrom: 4 }
const cut = () => new StoreUnavailableError('answer: the connection was cut')

/** Jobs of their own, one segment each. */
const segments = async (jobs: number, lock?: { mode: 'compliance'; days: number }) => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const world = await newRepository(store)
  const { repository, random, jobId } = world
  const images = Array.from({ length: jobs }, () => Buffer.from(random.bytes(2 * CHUNK)))
  const points = []
  for (const image of images) {
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, lock })
    const size = image.length
    const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep: false })
    await disk.write(0, Buffer.from(image))
    await disk.finish()
    points.push(await writer.commit({}))
  }
  const collect = (on = store) => repository.collectGarbage({ store: on, tuning: TUNING })
  const names = () => keysOf(store, 'index/')
  /** Whoever starts from segments alone knows every chunk: nothing is sent again, and no trailer is asked for. */
  const expectAllKnown = async (known = images) => {
    const trailers: string[] = []
    const get: typeof store.get = (key, range) => {
      if (range && 'last' in range) trailers.push(key)
      return store.get(key, range)
    }
    const reader = await world.reopen({ store: { ...store, get } })
    for (const image of known) {
      const { statistics } = await backUp(reader, {
        jobId: jobId(),
        disks: [{ diskId: 'a', image }],
      })
      expect(statistics.newBytes).toBe(0)
    }
    expect(trailers).toEqual([])
    await reader.close()
  }
  return { ...world, store, time, images, points, collect, names, expectAllKnown }
}

test('many small segments become one that says the same', async () => {
  const { collect, names, expectAllKnown, repository } = await segments(6)
  expect(names()).toHaveLength(6)
  const report = await collect()
  expect(report.index).toEqual({ written: 1, removed: 6, dropped: 0 })
  expect(report.text).toContain('Made 1 index segment of 6, without 0 packs that are gone.')
  expect(names()).toHaveLength(1)
  await expectAllKnown()
  expect((await repository.check({ level: 2 })).findings).toEqual([])
})

test('few are left as they are', async () => {
  const { collect, names } = await segments(3)
  expect((await collect()).index).toEqual({ written: 0, removed: 0, dropped: 0 })
  expect(names()).toHaveLength(3)
})

test('segments are no larger than they should be', async () => {
  const { repository, store, names, expectAllKnown } = await segments(12)
  const size = (await Array.fromAsync(store.list('index/')))[0]?.size as number
  const tuning = { ...TUNING, segmentBytes: size * 4 }
  await repository.collectGarbage({ store, tuning })
  expect(names()).toHaveLength(3)
  await repository.collectGarbage({ store, tuning })
  expect(names()).toHaveLength(3)
  await expectAllKnown()
})

test('what names removed packs only goes for good', async () => {
  const { repository, store, points, time, names, collect, images, expectAllKnown } =
    await segments(5)
  for (const point of points.slice(0, 4)) await repository.removePoint(point, store)
  for (let i = 0; i < 3; i++) {
    time.time += 4 * DAY
    await repository.collectGarbage({ store, tuning: { ...TUNING, compactFrom: 100 } })
  }
  expect(names()).toHaveLength(5)
  expect((await collect()).index).toMatchObject({ written: 1, removed: 5, dropped: 8 })
  await expectAllKnown(images.slice(4))
})

test('locked segments wait for the end of their lock', async () => {
  const { collect, names, time } = await segments(6, { mode: 'compliance', days: 5 })
  expect((await collect()).index).toEqual({ written: 0, removed: 0, dropped: 0 })
  time.time += 40 * DAY
  expect((await collect()).index).toMatchObject({ written: 1, removed: 6 })
  expect(names()).toHaveLength(1)
})

test('a segment that cannot be read stays', async () => {
  const { collect, store, names } = await segments(6)
  const damaged = names()[2] as string
  flipBit(store, damaged, 80)
  expect((await collect()).index).toMatchObject({ written: 1, removed: 5 })
  expect(names()).toContain(damaged)
})

describe('a collector that dies', () => {
  test.each([
    'put index/ before',
    'put index/ after',
    'remove index/ before',
    'remove index/ after',
  ])('%s', async step => {
    const { collect, names, store, expectAllKnown } = await segments(6)
    const [method, prefix, when] = step.split(' ') as ['put' | 'remove', string, string]
    const effect = when === 'before' ? { instead: cut() } : { lost: cut() }
    const broken = faulty(store, [{ on: method, key: new RegExp(`^${prefix}`), ...effect }])
    await expect(collect({ ...store, ...broken })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    await expectAllKnown()
    await collect()
    expect(names().length).toBeLessThanOrEqual(2)
    await expectAllKnown()
  })
})

test('two collectors at once lose nothing', async () => {
  const { collect, store, reopen, expectAllKnown } = await segments(8)
  const other = await reopen()
  const slow = faulty(store, [
    {
      on: 'put',
      key: /^index\//,
      before: () => other.collectGarbage({ store, tuning: TUNING }),
    },
  ])
  await collect({ ...store, ...slow })
  expect(slow.unused()).toEqual([])
  await expectAllKnown()
})

test('an agent that reads segments while they are compacted', async () => {
  const { collect, store, reopen, images, jobId } = await segments(6)
  const slow = faulty(store, [{ on: 'get', key: /^index\//, before: () => collect() }])
  const agent = await reopen({ store: slow })
  const disks = images.map((image, i) => ({ diskId: String(i), image }))
  const { point, statistics } = await backUp(agent, { jobId: jobId(), disks })
  expect(slow.unused()).toEqual([])
  expect(statistics.newBytes).toBe(0)
  expect((await readAll(agent.readDisk(point, '0'))).equals(images[0] as Buffer)).toBe(true)
})

test('checkpoints of a job go with its point, others with time', async () => {
  const { repository, store, jobId, time } = await segments(1)
  const done = (await repository.latestPoint(VM))?.id as string
  const open = jobId()
  for (const job of [done, open]) await store.put(`parts/${job}/00000001`, [Buffer.from('any')])
  expect((await repository.collectGarbage({ store })).checkpointsRemoved).toBe(1)
  expect(keysOf(store, 'parts/')).toEqual([`parts/${open}/00000001`])
  time.time += 8 * DAY
  expect((await repository.collectGarbage({ store })).checkpointsRemoved).toBe(1)
})
