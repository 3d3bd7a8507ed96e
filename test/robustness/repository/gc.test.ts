import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { compatibilityOf } from '#repository/format/bootstrap.ts'
import { backUp, newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

const DAY = 24 * 60 * 60 * 1000
const CHUNK = 64 * 1024
const cut = () => new StoreUnavailableError('answer: the connection was cut')

/** Two points without a chunk in common; time stamps by a clock of the store's own. */
const twoPoints = async (options: Parameters<typeof memoryObjectStore>[0] = {}) => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock, ...options })
  const world = await newRepository(store)
  const images = [0, 1].map(() => Buffer.from(world.random.bytes(12 * CHUNK)))
  const points = []
  for (const image of images) {
    const disks = [{ diskId: 'a', image }]
    points.push((await backUp(world.repository, { jobId: world.jobId(), disks })).point)
  }
  const [first, second] = points as [(typeof points)[0], (typeof points)[0]]
  const { repository } = world
  /** Enough runs, days apart, for everything that can go. */
  const collectAll = async (on: MaintenanceStore = store) => {
    const reports = []
    for (let i = 0; i < 3; i++) {
      clock.time += 4 * DAY
      reports.push(await repository.collectGarbage({ store: on }))
    }
    return reports
  }
  const packs = () => [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]
  const needed = [...second.packs.keys()].sort()
  const expectOnlySecond = async () => {
    expect(
      packs()
        .map(key => key.slice(-26))
        .sort(),
    ).toEqual(needed)
    expect((await Array.fromAsync(repository.points())).map(({ id }) => id)).toEqual([second.id])
    const bytes = await readAll(repository.readDisk(second, 'a'))
    expect(bytes.equals(images[1] as Buffer)).toBe(true)
    expect((await repository.check({ level: 2 })).findings).toEqual([])
  }
  return {
    ...world,
    store,
    time: clock,
    first,
    second,
    images,
    collectAll,
    packs,
    expectOnlySecond,
  }
}

describe('a point is deleted', () => {
  test('what it alone needed goes, step by step, told in plain words', async () => {
    const { repository, store, time, first, expectOnlySecond, packs } = await twoPoints()
    const before = packs().length
    await repository.removePoint(first, store)
    time.time += 4 * DAY
    const log: string[] = []
    const run = () => repository.collectGarbage({ store, log: line => log.push(line) })

    const planned = await run()
    expect(planned.condemned.packs).toBe(first.packs.size)
    expect(packs()).toHaveLength(before)
    time.time += DAY - 1
    expect((await run()).waiting).toMatchObject([{ epoch: 1, packs: first.packs.size }])
    expect(packs()).toHaveLength(before)
    time.time += 1
    expect((await run()).removed.packs).toBe(first.packs.size)
    await expectOnlySecond()
    expect((await run()).text).toEqual(['Nothing to collect: a recovery point needs every pack.'])
    expect(log.map(line => line.replace(/[0-9.]+ MiB/, 'N MiB'))).toEqual([
      `Condemned ${first.packs.size} packs (N MiB) that no recovery point needs.`,
      expect.stringMatching(
        /^Plan 1 \(\d packs\) waits until 2026-11-27T12:00:00.000Z: backups that run now get the time to name what they need\.$/,
      ),
      'Cleared away 1 intent of jobs that are over.',
      expect.stringMatching(/^Plan 1 .* waits until 2026-11-27T12:00:00.000Z/),
      `Removed ${first.packs.size} packs (N MiB).`,
      'Nothing to collect: a recovery point needs every pack.',
    ])
    expect(keysOf(store, 'gc/')).toEqual(
      ['done', 'plan', 'sweep', 'verdict'].map(stage => `gc/${stage}/00000001`),
    )
  })

  test('its name stays closed: the same job cannot make it again', async () => {
    const { repository, store, first } = await twoPoints()
    await repository.removePoint(first, store)
    await repository.removePoint(first, store)
    await expect(repository.beginPoint({ jobId: first.id, vmUuid: VM })).rejects.toMatchObject({
      code: 'POINT_CLOSED',
      message: expect.stringContaining(`No recovery point ${first.id} can be made any more`),
    })
    await expect(repository.readPoint(first)).rejects.toMatchObject({ code: 'POINT_CLOSED' })
  })

  test('a job that built on it chooses another base', async () => {
    const { repository, store, first, jobId } = await twoPoints()
    await repository.removePoint(first, store)
    const begun = repository.beginPoint({ jobId: jobId(), vmUuid: VM, base: first })
    await expect(begun).rejects.toMatchObject({ code: 'BASE_DELETED', retryable: true })
  })

  test('nothing but points can be deleted', async () => {
    const { repository, store } = await twoPoints()
    await expect(repository.removePoint({ key: 'repo/00000001' }, store)).rejects.toMatchObject({
      code: 'NOT_A_RECOVERY_POINT',
      message: '"repo/00000001" names no recovery point, and nothing else is deleted on request.',
    })
  })
})

test('a segment that names removed packs yields no dedup hit', async () => {
  const { repository, store, first, images, jobId, reopen, collectAll } = await twoPoints()
  await repository.removePoint(first, store)
  await collectAll()
  for (const open of [async () => repository, () => reopen()]) {
    const again = await open()
    const disks = [{ diskId: 'a', image: images[0] as Buffer }]
    const { point } = await backUp(again, { jobId: jobId(), disks })
    for (const ulid of first.packs.keys()) expect(point.packs.has(ulid)).toBe(false)
    expect((await readAll(again.readDisk(point, 'a'))).equals(images[0] as Buffer)).toBe(true)
  }
})

test('a version that knows no collector may read, and not write', async () => {
  const { repository, store, first, collectAll } = await twoPoints()
  await repository.removePoint(first, store)
  await collectAll()
  const features = JSON.parse(Buffer.from(bytesOf(store, 'repo/00000002')).toString()).features
  expect(features).toEqual({ compatible: [], incompatible: [], readOnlyCompatible: ['gc'] })
  expect(compatibilityOf({ format: 'xenkeep-repository', formatVersion: 1, features })).toEqual({})
})

test('a commit record hidden by a delete marker still protects its packs', async () => {
  const { store, first, packs, collectAll } = await twoPoints()
  const before = packs()
  store.hide(first.key)
  await collectAll()
  expect(packs()).toEqual(before)
})

test('a collector that wakes up late removes nothing that another one has spared', async () => {
  const { repository, store, first, jobId, time, reopen, packs } = await twoPoints()
  const before = packs()
  const agent = await reopen()
  const writer = await agent.beginPoint({ jobId: jobId(), vmUuid: VM, base: first })
  const disk = await writer.disk({ diskId: 'a', size: 12 * CHUNK, keep: true })
  await disk.finish()
  await repository.removePoint(first, store)
  time.time += 4 * DAY
  await repository.collectGarbage({ store })
  time.time += DAY
  // It has listed what is needed, and stands still; an intent comes, and another collector that sees it.
  const late = faulty(store, [
    {
      on: 'put',
      key: /^gc\/verdict\//,
      before: async () => {
        await expect(writer.commit({})).rejects.toMatchObject({
          code: 'PACKS_CONDEMNED',
          retryable: true,
        })
        expect((await repository.collectGarbage({ store })).spared.length).toBeGreaterThan(0)
      },
    },
  ])
  await repository.collectGarbage({ store: late })
  expect(late.unused()).toEqual([])
  expect(packs()).toEqual(expect.arrayContaining(before))
})

test('a check beside a collector takes nothing that is collected for damage', async () => {
  const { store, first, second, reopen, time, expectOnlySecond, repository } = await twoPoints()
  await repository.removePoint(first, store)
  time.time += 4 * DAY
  await repository.collectGarbage({ store })
  time.time += DAY
  const watched = faulty(store, [
    { on: 'list', key: /^meta\/$/, after: () => repository.collectGarbage({ store }) },
  ])
  const checked = await (await reopen({ store: watched })).check({ level: 2 })
  expect(watched.unused()).toEqual([])
  expect(checked.findings).toEqual([])
  expect(checked.packs).toBe(first.packs.size + second.packs.size)
  await expectOnlySecond()
})

test('a commit record that cannot be read stops the collector', async () => {
  const { repository, store, first, second, time, packs } = await twoPoints()
  const before = packs()
  await repository.removePoint(first, store)
  flipBit(store, second.key, 80)
  time.time += 4 * DAY
  await expect(repository.collectGarbage({ store })).rejects.toMatchObject({
    code: 'OBJECT_DAMAGED',
  })
  expect(packs()).toEqual(before)
})

/**
 * Motivation: the maintenance process dies at any moment.
 * Steps: a point is deleted and collected; the store breaks before, and after, each call that changes something, in turn; another
 * collector goes on.
 * Pass: the point that is left is whole at any time, and in the end nothing but what it needs is there.
 */
describe('a collector that dies', () => {
  const steps = ['put points/', 'put repo/', 'put gc/plan/', 'put gc/sweep/', 'put gc/verdict/']
  const removals = [
    'remove points/',
    'remove intents/',
    'remove packs/',
    'remove meta/',
    'put gc/done/',
  ]

  test.each(
    [...steps, ...removals].flatMap(step => [
      [step, 'before'],
      [step, 'after'],
    ]),
  )('at %s, %s it took effect', async (step, when) => {
    const { repository, store, first, collectAll, expectOnlySecond, second, images } =
      await twoPoints()
    const [method, prefix] = step.split(' ') as ['put' | 'remove', string]
    const broken = faulty(store, [
      {
        on: method,
        key: new RegExp(`^${prefix}`),
        ...(when === 'before' ? { instead: cut() } : { lost: cut() }),
      },
    ])
    const all = async () => {
      await repository.removePoint(first, broken)
      await collectAll(broken)
    }
    await expect(all()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(broken.unused()).toEqual([])
    const bytes = await readAll(repository.readDisk(second, 'a'))
    expect(bytes.equals(images[1] as Buffer)).toBe(true)
    await repository.removePoint(first, store)
    await collectAll()
    await expectOnlySecond()
  })
})

/**
 * Motivation: with Object Lock everything has its time; a collector that runs into refusals would fill the audit log with denials.
 * Steps: locked points are made, used again, deleted when their time has come, and collected each day for 80 days.
 * Pass: no call that removes is refused; what is locked is told; in the end it is gone.
 */
test('a whole life on a locked store without a refused call', async () => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const refused: string[] = []
  const watched: MaintenanceStore = {
    ...store,
    remove: async (key, version) => {
      await store.remove(key, version).catch(error => {
        refused.push(key)
        throw error
      })
    },
  }
  const { repository, random, jobId, clock } = await newRepository(store)
  const lock = { mode: 'compliance' as const, days: 5 }
  const image = Buffer.from(random.bytes(8 * CHUNK))
  const texts = new Set<string>()
  for (let day = 0; day < 80; day++) {
    time.time += DAY
    clock.time = time.time
    // On the third day a job dies half-way: its packs are locked, and nothing needs them.
    const dies = day === 3
    if (dies || (day % 7 === 0 && day < 50)) {
      image.set(random.bytes(dies ? image.length : 4 * CHUNK), 0)
      const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, lock })
      const size = image.length
      const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep: false })
      await disk.write(0, Buffer.from(image))
      await disk.finish()
      await (dies ? writer.abort() : writer.commit({}))
    }
    const points = await Array.fromAsync(repository.points())
    for (const point of points.slice(0, -1)) {
      const until = (await store.retention(point.key))?.until ?? 0
      const removal = repository.removePoint(point, watched)
      if (until <= time.time) await removal
      else await expect(removal).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
    }
    const { text } = await repository.collectGarbage({ store: watched })
    for (const line of text) texts.add(line.replace(/[0-9.]+/g, 'N'))
  }
  expect(refused).toEqual([])
  const left = await Array.fromAsync(repository.points())
  expect(left).toHaveLength(1)
  const point = await repository.readPoint(left[0] as (typeof left)[0])
  expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
  const packs = [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')].map(key => key.slice(-26))
  expect(packs.sort()).toEqual([...point.packs.keys()].sort())
  expect([...texts].some(line => /that no recovery point needs: locked/.test(line))).toBe(true)
})

test('a directory is collected too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xenkeep-gc-'))
  try {
    const store = await openDirectoryStore(join(directory, 'repository'))
    const { repository, random, jobId } = await newRepository(store)
    const backUpRandom = async () => {
      const disks = [{ diskId: 'a', image: Buffer.from(random.bytes(4 * CHUNK)) }]
      return (await backUp(repository, { jobId: jobId(), disks })).point
    }
    const [first, second] = [await backUpRandom(), await backUpRandom()]
    await repository.removePoint(first, store)
    const tuning = { wait: 0, packAge: -DAY } // the stamps are the machine's: it is now
    await repository.collectGarbage({ store, tuning })
    expect((await repository.collectGarbage({ store, tuning })).removed.packs).toBe(
      first.packs.size,
    )
    expect((await repository.check({ level: 2 })).findings).toEqual([])
    expect((await repository.check({ level: 0 })).orphans).toBe(0)
    expect((await repository.latestPoint(VM))?.id).toBe(second.id)
    await repository.close()
  } finally {
    await rm(directory, { recursive: true })
  }
})
