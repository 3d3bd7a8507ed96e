import { expect, test } from 'vitest'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreDeniedError } from '#core/errors/store.ts'
import { packName } from '#repository/format/names.ts'
import { OTHER_VM, VM } from '#test/support/repository/open.ts'
import {
  attempt,
  CHUNK,
  cut,
  DAY,
  expectSame,
  halfDone,
  SOURCE,
  world,
} from '#test/support/repository/resumed-job.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

test('checkpoints are not locked; the packs that they lead to are', async () => {
  const { again, store } = await halfDone()
  const lock = { mode: 'governance' as const, days: 3 }
  const { point, repository } = await again({ lock })
  const { until } = await repository.lockedUntil(point)
  expect(until).toBeGreaterThan(0)
  for (const { kind, ulid } of point.packs.values())
    expect(await store.retention(packName(kind, ulid))).toMatchObject({ mode: 'governance' })
  for (const key of keysOf(store, 'parts/')) expect(await store.retention(key)).toBeUndefined()
})

test('unfinished jobs are found until they are finished', async () => {
  const { again, job, repository } = await halfDone()
  expect(await repository.unfinishedJobs(OTHER_VM)).toEqual([])
  expect(await repository.unfinishedJobs(VM)).toEqual([
    {
      jobId: job,
      disks: [{ diskId: 'a', source: `${SOURCE}/a`, size: 48 * CHUNK, chunkSize: CHUNK }],
    },
  ])
  await again()
  expect(await repository.unfinishedJobs(VM)).toEqual([])
})

test('the collector clears checkpoints away when nobody goes on for a week', async () => {
  const { repository, store, time } = await halfDone()
  const collect = () => repository.collectGarbage({ store })
  const checkpoints = keysOf(store, 'parts/').length
  time.time += 6 * DAY
  expect((await collect()).checkpointsRemoved).toBe(0)
  time.time += DAY
  const { checkpointsRemoved, text } = await collect()
  expect(checkpointsRemoved).toBe(checkpoints)
  expect(text).toContain(`Cleared away ${checkpoints} checkpoints of jobs that are over.`)
  expect(keysOf(store, 'parts/')).toEqual([])
})

test('a store that takes no checkpoints gets its point all the same', async () => {
  const { random, jobId, store, open } = await world()
  const denied = new StoreDeniedError('memory:', 'put')
  const refusing = faulty(store, [
    { on: 'put', key: /^parts\//, times: Number.POSITIVE_INFINITY, instead: denied },
  ])
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const repository = await open(refusing)
  const { point, writer } = await attempt(repository, { job: jobId(), disks })
  expect(writer.notes).toEqual([expect.stringMatching(/^No checkpoints can be left: .*anew\.$/)])
  await expectSame(repository, point, disks)
})

test('a store that was away for one checkpoint gets the next', async () => {
  const { random, jobId, store, open } = await world()
  const away = faulty(store, [{ on: 'put', key: /^parts\//, instead: cut() }])
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const { writer } = await attempt(await open(away), { job: jobId(), disks })
  expect(writer.notes).toEqual([])
  expect(keysOf(store, 'parts/').length).toBeGreaterThan(1)
})

test('two attempts at once leave checkpoints side by side', async () => {
  const { random, jobId, store, open } = await world()
  const disks = { a: Buffer.from(random.bytes(40 * CHUNK)) }
  const job = jobId()
  const [one, two] = await Promise.all(
    [await open(), await open()].map(repository => attempt(repository, { job, disks })),
  )
  expect(one?.point).toEqual(two?.point)
  expect(keysOf(store, 'parts/').length).toBeGreaterThan(4)
})
