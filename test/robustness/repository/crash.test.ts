import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { StoreFullError, StoreUnavailableError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { createRepository } from '#repository/create.ts'
import { openRepository } from '#repository/open.ts'
import type { Repository } from '#repository/repository.ts'
import { randomImage } from '#test/support/repository/images.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  PASSPHRASE,
  readAll,
  SMALL,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { copyOf } from '#test/support/repository/tamper.ts'

const MiB = 1024 * 1024
const CHUNK = 64 * 1024
const cut = () => new StoreUnavailableError('answer: the connection was cut')

/** Everything that a second point with new data asks of the store. */
const scenario = async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  const old = randomImage(random, 2 * MiB, CHUNK)
  const image = Buffer.from(old)
  image.set(random.bytes(8 * CHUNK), 4 * CHUNK)
  await backUp(repository, { jobId: jobId(), disks: [{ diskId: 'a', image: old }] })
  await repository.close()
  const base = await (await reopen()).latestPoint(VM)
  if (!base) throw new Error('no base')
  const job = jobId()
  const attempt = async (on: ObjectStore) => {
    const engine = await reopen({ store: on })
    try {
      const writer = await engine.beginPoint({ jobId: job, vmUuid: VM, base })
      const disk = await writer.disk({ diskId: 'a', size: image.length, keep: true })
      await disk.write(4 * CHUNK, Buffer.from(image.subarray(4 * CHUNK, 12 * CHUNK)))
      await disk.finish()
      return await writer.commit({ attempt: 'one' })
    } finally {
      await engine.close()
    }
  }
  return { store, old, image, job, attempt, reopen }
}

const expectWhole = async (repository: Repository, jobs: { id: string; image: Buffer }[]) => {
  const points = await Array.fromAsync(repository.points(VM))
  expect(points.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id))
  for (const [i, ref] of points.entries()) {
    const point = await repository.readPoint(ref)
    expect((await readAll(repository.readDisk(point, 'a'))).equals(jobs[i]?.image as Buffer)).toBe(
      true,
    )
  }
  expect((await repository.check({ level: 2 })).findings).toEqual([])
}

/**
 * Motivation: an agent dies at any moment, and the store with it.
 * Steps: the writing of a point is broken before, and after, each of its PUTs in turn, as if the process had died there; another
 * process looks; then the job runs again.
 * Pass: the other process sees no point or a whole one, never part of one; the repeated job makes, or finds, just one point; the
 * check finds no damage.
 */
describe('a crash at any write step', () => {
  const steps = ['packs', 'meta', 'index', 'intents', 'points']

  test('there are these steps, in this order', async () => {
    const { store, attempt } = await scenario()
    const order: string[] = []
    const note = steps.map(
      (step): StoreFault => ({
        on: 'put',
        key: new RegExp(`^${step}/`),
        times: 100,
        after: () => order.push(step),
      }),
    )
    const gc: StoreFault = { on: 'list', key: /^gc\/$/, times: 2, after: () => order.push('gc') }
    await attempt(faulty(store, [...note, gc]))
    expect(order.filter((step, i) => step !== order[i - 1])).toEqual([
      'gc',
      'packs',
      'meta',
      'index',
      'intents',
      'gc',
      'points',
    ])
  })

  test.each(
    steps.flatMap(step => [
      [step, 'before'],
      [step, 'after'],
    ]),
  )('%s, %s it took effect', async (step, when) => {
    const { store, old, image, job, attempt, reopen } = await scenario()
    let dead = false
    const dies = () => {
      dead = true
    }
    const broken = faulty(store, [
      {
        on: 'put',
        key: new RegExp(`^${step}/`),
        [when]: dies,
        ...(when === 'before' ? { instead: cut() } : { lost: cut() }),
      },
      {
        on: 'put',
        times: Number.POSITIVE_INFINITY,
        before: () => {
          if (dead) throw cut()
        },
      },
    ])
    await expect(attempt(broken)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(dead).toBe(true)

    const other = await reopen()
    const [baseRef] = await Array.fromAsync(other.points(VM))
    const first = { id: baseRef?.id as string, image: old }
    const committed = step === 'points' && when === 'after'
    await expectWhole(other, committed ? [first, { id: job, image }] : [first])
    await other.close()

    const point = await attempt(store)
    expect(point.id).toBe(job)
    const again = await reopen()
    await expectWhole(again, [first, { id: job, image }])
    await again.close()
  })
})

test('a job that ran already finds its point as it is', async () => {
  const { store, attempt } = await scenario()
  const point = await attempt(store)
  const objects = store.objects.size
  expect(await attempt(store)).toEqual(point)
  // Nothing was written twice.
  expect(store.objects.size).toBe(objects)
})

test('two attempts of one job at once make one point', async () => {
  const { store, attempt } = await scenario()
  const [one, two] = await Promise.all([attempt(store), attempt(store)])
  expect(one).toEqual(two)
})

test('a lost reply to a PUT that is then repeated is no error', async () => {
  const { store, attempt, reopen, old, image, job } = await scenario()
  // As a retrying wrapper would: the object is made, the caller is told "exists".
  const echo: ObjectStore = {
    ...store,
    put: async (key, parts) => {
      await store.put(key, parts)
      await store.put(key, parts)
    },
  }
  await attempt(echo)
  const other = await reopen()
  const [first] = await Array.fromAsync(other.points(VM))
  await expectWhole(other, [
    { id: first?.id as string, image: old },
    { id: job, image },
  ])
})

test('a commit that failed is repeated by the same writer', async () => {
  const { store, reopen, job, image } = await scenario()
  const broken = faulty(store, [
    { on: 'put', key: /^index\//, instead: cut() },
    { on: 'put', key: /^intents\//, instead: cut() },
    { on: 'put', key: /^points\//, lost: cut() },
  ])
  const engine = await reopen({ store: broken })
  const writer = await engine.beginPoint({ jobId: job, vmUuid: VM })
  const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep: false })
  await disk.write(0, Buffer.from(image))
  await disk.finish()
  for (let i = 0; i < 3; i++)
    await expect(writer.commit({})).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const point = await writer.commit({})
  expect((await readAll(engine.readDisk(point, 'a'))).equals(image)).toBe(true)
})

test('a full store is told at once, and the next attempt needs only what is missing', async () => {
  const store = emptyStore()
  const { repository, random, jobId, reopen } = await newRepository(store)
  await repository.close()
  const image = Buffer.from(random.bytes(4 * MiB))
  const full = faulty(store, [
    {
      on: 'put',
      key: /^packs\//,
      skip: 4,
      times: 1000,
      instead: new StoreFullError('file:/backup'),
    },
  ])
  const engine = await reopen({ store: full })
  await expect(
    backUp(engine, { jobId: jobId(), disks: [{ diskId: 'a', image }] }),
  ).rejects.toMatchObject({ code: 'STORE_FULL' })
  // The same process, so the same table: a lost table would only cost sending again.
  const roomy = faulty(store, [])
  Object.assign(full, { put: roomy.put })
  const { point, statistics } = await backUp(engine, {
    jobId: jobId(),
    disks: [{ diskId: 'a', image }],
  })
  expect(statistics.newBytes).toBeLessThan(image.length)
  expect((await readAll(engine.readDisk(point, 'a'))).equals(image)).toBe(true)
})

test('an abort leaves no point and gives all buffers back', async () => {
  const store = emptyStore()
  const { repository, random, jobId } = await newRepository(store, { budgetBytes: 2 * MiB })
  for (let i = 0; i < 4; i++) {
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
    const disk = await writer.disk({ diskId: 'a', size: 2 * MiB, chunkSize: CHUNK, keep: false })
    await disk.write(0, Buffer.from(random.bytes(20 * CHUNK)))
    await writer.abort()
    await expect(disk.write(0, Buffer.alloc(CHUNK))).rejects.toMatchObject({
      code: 'INVALID_WRITE',
    })
  }
  expect(await Array.fromAsync(repository.points())).toEqual([])
})

test('a collector of a newer version stops the commit', async () => {
  const { store, attempt } = await scenario()
  await store.put('gc/later/00000001', [Buffer.from('{}')])
  await expect(attempt(store)).rejects.toMatchObject({
    code: 'REPOSITORY_READ_ONLY',
    message: expect.stringContaining('a garbage collector of a newer version has been at work'),
  })
})

describe('creation cut short', () => {
  const create = (store: ObjectStore, seed: number) =>
    createRepository({
      store,
      passphrase: PASSPHRASE,
      clock: frozenClock(),
      random: seededRandom(seed),
      scryptLogN: 10,
      tuning: SMALL,
    })

  test.each([
    ['the first slot', /scrypt$/],
    ['the second slot', /recovery$/],
    ['the bootstrap', /^repo\//],
  ])('before %s: no repository, and the next attempt works', async (_, key) => {
    const store = emptyStore()
    await expect(
      create(faulty(store, [{ on: 'put', key, instead: cut() }]), 1),
    ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const request = { store, clock: frozenClock(), random: seededRandom(3) }
    await expect(
      openRepository({ ...request, unlock: { passphrase: PASSPHRASE } }),
    ).rejects.toMatchObject({ code: 'NOT_A_REPOSITORY' })
    const { repository, recoveryKit } = await create(store, 2)
    const opened = await openRepository({ ...request, unlock: { recoveryKey: recoveryKit.key } })
    expect(opened.id).toBe(repository.id)
  })

  test('two creators at once: one wins, the other is told', async () => {
    const store = emptyStore()
    const both = await Promise.allSettled([create(store, 1), create(store, 2)])
    const lost = both.filter(result => result.status === 'rejected')
    expect(lost).toHaveLength(1)
    expect(lost[0]?.reason.code).toBe('REPOSITORY_EXISTS')
    const opened = await openRepository({
      store: copyOf(store, memoryObjectStore({ clock: frozenClock() })),
      unlock: { passphrase: PASSPHRASE },
      clock: frozenClock(),
      random: seededRandom(3),
    })
    expect(opened.id).toHaveLength(32)
  })
})
