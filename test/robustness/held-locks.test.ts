import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDirectoryStore } from '#adapters/fs/object-store.ts'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import type { ConfirmHeldReply, HeldLocksReport } from '#core/contracts/held-locks.ts'
import type { RepositoryJobSpec } from '#core/contracts/jobs.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { maintain } from '#gateway-agent/jobs/maintenance/maintain.ts'
import { testContext } from '#test/support/job-context.ts'
import { memoryLog } from '#test/support/patience.ts'
import { backUp, newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'

const DAY = 86_400_000
const CHUNK = 64 * 1024
const GONE = new StoreUnavailableError('answer: the connection was cut')

/** Three points of one VM: the second has half of the first, the third shares nothing. */
const world = async (given?: MaintenanceStore) => {
  const clock = frozenClock()
  const store = given ?? memoryObjectStore({ clock })
  const made = await newRepository(store)
  const shared = made.random.bytes(6 * CHUNK)
  const images = [
    Buffer.concat([shared, made.random.bytes(6 * CHUNK)]),
    Buffer.concat([shared, made.random.bytes(6 * CHUNK)]),
    Buffer.from(made.random.bytes(12 * CHUNK)),
  ]
  const points: {
    id: string
    point: Awaited<ReturnType<typeof backUp>>['point']
    image: Buffer
  }[] = []
  for (const image of images) {
    const job = { jobId: made.jobId(), vmUuid: VM, disks: [{ diskId: 'a', image }] }
    const { point } = await backUp(made.repository, job)
    points.push({ id: point.id, point, image })
  }
  const perform = async (
    spec: RepositoryJobSpec,
    on: MaintenanceStore = store,
    held: (pointId: string) => ConfirmHeldReply = () => ({
      held: true,
      until: clock.time + 90 * DAY,
    }),
  ) => {
    const { outcome } = await maintain(spec, {
      jobId: made.jobId(),
      tellReplicated: () => expect.unreachable(),
      repository: made.repository,
      openStore: async () => on,
      confirm: async () => undefined,
      confirmHeld: async pointId => held(pointId),
      context: testContext().context,
      clock,
      log: memoryLog(),
    })
    return outcome
  }
  const lock = async (
    ids: readonly string[],
    ...more: [MaintenanceStore?, ((pointId: string) => ConfirmHeldReply)?]
  ): Promise<HeldLocksReport> => {
    const outcome = await perform(
      {
        kind: 'lock-held-points',
        points: ids.map(pointId => ({ pointId, vmUuid: VM, vmName: 'web' })),
        until: clock.time + 90 * DAY,
      },
      ...more,
    )
    if (outcome.status !== 'points-locked') throw new Error(outcome.status)
    return outcome.report
  }
  const lockedUntil = async (index: number) =>
    (await made.repository.lockedUntil(points[index]?.point as never)).until
  return {
    ...made,
    store,
    time: clock,
    points,
    ids: points.map(({ id }) => id),
    perform,
    lock,
    lockedUntil,
  }
}

test('all that a held point needs is locked until the end of the hold, and nothing of a point that shares nothing with it', async () => {
  const { ids, time, lock, lockedUntil, store, points } = await world()
  const until = time.time + 90 * DAY
  expect((await lock(ids.slice(0, 1))).points).toEqual([
    { pointId: ids[0], lock: { mode: 'governance', until, asked: expect.any(Number) } },
  ])
  expect(await lockedUntil(0)).toBe(until)
  expect(await lockedUntil(2)).toBeUndefined()
  expect(await store.retention(points[2]?.point.key ?? '')).toBeUndefined()
})

test('a hold without an end is locked sixty days ahead; each tenth day the locks grow, and in between nothing is written', async () => {
  const { ids, time, store, lock, lockedUntil } = await world()
  const writes: string[] = []
  const noting: MaintenanceStore = {
    ...store,
    retain: async (key, until, mode) => {
      writes.push(key)
      await store.retain(key, until, mode)
    },
  }
  const open = (): ConfirmHeldReply => ({ held: true, days: 60 })
  await lock(ids.slice(0, 1), noting, open)
  const first = (await lockedUntil(0)) ?? 0
  expect(first).toBeGreaterThanOrEqual(time.time + 70 * DAY)
  expect(first).toBeLessThanOrEqual(time.time + 80 * DAY)
  const count = writes.length
  time.time += 9 * DAY
  await lock(ids.slice(0, 1), noting, open)
  expect(writes).toHaveLength(count)
  time.time += 21 * DAY
  await lock(ids.slice(0, 1), noting, open)
  expect((await lockedUntil(0)) ?? 0).toBeGreaterThanOrEqual(time.time + 70 * DAY)
})

/*
 * Motivation: points share packs. What a held point shares with another has to stay when that one goes, and what it does not share must not be held.
 * Steps: lock the first point; remove the second, which shares half of it, and the third; collect; the locks of the first hold throughout.
 * Pass: both are gone, what only they needed is freed, the first is read as it was; and the removal of the held one is refused by the store itself.
 */
test('a held point that shares packs with others keeps them, and the others go as ever', async () => {
  const { ids, time, points, perform, lock, repository } = await world()
  const removal = (pointIds: readonly string[]) => ({
    ...{ kind: 'remove-points' as const, evenLast: true },
    points: pointIds.map(pointId => ({ pointId, vmUuid: VM, vmName: 'web', because: 'Expired.' })),
  })
  await lock(ids.slice(0, 1))
  // Somebody who passes by the control plane, with all rights of maintenance.
  expect(await perform(removal(ids))).toMatchObject({
    report: {
      removed: ids.slice(1),
      kept: [{ pointId: ids[0], because: 'the store locks it', lockedUntil: time.time + 90 * DAY }],
    },
  })
  let freed = 0
  for (let run = 0; run < 3; run++) {
    time.time += 4 * DAY
    const outcome = await perform({ kind: 'collect-garbage' })
    if (outcome.status === 'garbage-collected') freed += outcome.report.removed.bytes
  }
  expect(freed).toBeGreaterThan(10 * CHUNK)
  const [held] = points
  expect(
    (await readAll(repository.readDisk(held?.point as never, 'a'))).equals(
      held?.image ?? Buffer.of(),
    ),
  ).toBe(true)
  expect((await repository.check({ level: 2 })).findings).toEqual([])
})

/*
 * Motivation: a gateway may be killed at any moment.
 * Steps: break off before and after each call that locks; do the job again, as another gateway would.
 * Pass: in the end all is locked as without a crash, and until then nothing is told to be locked that is not.
 */
test.each(['instead', 'lost'] as const)(
  'a gateway that is killed at any lock (%s) is gone on after',
  async when => {
    let cuts = 0
    for (let skip = 0; ; skip++) {
      const { ids, time, store, lock, lockedUntil } = await world()
      const fault: StoreFault = { on: 'retain', skip, times: 1, [when]: GONE }
      const dying = faulty(store, [fault])
      const report = await lock(ids.slice(0, 2), dying).catch(error => {
        expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
        return undefined
      })
      if (!report) {
        cuts++
        await lock(ids.slice(0, 2))
      }
      for (const index of [0, 1]) expect(await lockedUntil(index)).toBe(time.time + 90 * DAY)
      if (report) break
    }
    expect(cuts).toBeGreaterThan(5)
  },
)

test('a lock is never made shorter or weaker, and a point that is not held any more is left as it is', async () => {
  const { ids, time, store, lock, lockedUntil, points } = await world()
  const [first] = points
  const key = first?.point.key ?? ''
  await store.retain(key, time.time + 300 * DAY, 'compliance')
  await lock(ids.slice(0, 1))
  expect(await store.retention(key)).toEqual({ mode: 'compliance', until: time.time + 300 * DAY })
  expect((await lock(ids.slice(1), undefined, () => ({ held: false }))).points).toEqual(
    ids.slice(1).map(pointId => ({ pointId, released: true })),
  )
  expect(await lockedUntil(2)).toBeUndefined()
})

test('what cannot be locked is told point by point; a right that is missing ends the job', async () => {
  const { ids, store, lock, points } = await world()
  const [, second] = points
  const shy: MaintenanceStore = {
    ...store,
    retain: async (key, until, mode) => {
      if (key !== second?.point.key) await store.retain(key, until, mode)
    },
  }
  expect((await lock([...ids, '01J00000000000000000000000'], shy)).points).toMatchObject([
    { pointId: ids[0], lock: { mode: 'governance' } },
    { pointId: ids[1], because: expect.stringContaining(second?.point.key ?? '-') },
    { pointId: ids[2], lock: { mode: 'governance' } },
    { because: 'It is not in the repository any more.' },
  ])
  const denied: MaintenanceStore = {
    ...store,
    retain: async key => {
      throw new StoreDeniedError(`lock "${key}"`)
    },
  }
  const other = await world()
  await expect(
    other.lock(other.ids, { ...other.store, retain: denied.retain }),
  ).rejects.toMatchObject({
    code: 'STORE_DENIED',
  })
})

test('a directory says that it cannot lock', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xenkeep-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const { ids, lock } = await world(await openDirectoryStore(directory))
  expect(await lock(ids)).toEqual({
    points: [],
    unsupported: expect.stringContaining('cannot lock'),
  })
})
