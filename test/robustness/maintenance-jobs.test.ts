import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import type { RepositoryJobSpec } from '#core/contracts/jobs.ts'
import type { RemovePointsSpec, VerifyRepositorySpec } from '#core/contracts/maintenance.ts'
import { PacksCondemnedError } from '#core/errors/collector.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { ConfirmHeld, ConfirmRemoval } from '#gateway-agent/jobs/maintenance/confirm.ts'
import { maintain } from '#gateway-agent/jobs/maintenance/maintain.ts'
import { testContext } from '#test/support/job-context.ts'
import { memoryLog } from '#test/support/patience.ts'
import { backUp, newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit } from '#test/support/repository/tamper.ts'

const DAY = 86_400_000
const CHUNK = 64 * 1024
const GONE = new StoreUnavailableError('answer: the connection was cut')

/** A repository with `count` points of one VM that share nothing, and what a gateway does there. */
const world = async (count: number, lockFirst?: number) => {
  const clock = frozenClock()
  const store = memoryObjectStore({ clock })
  const made = await newRepository(store)
  const add = async (image: Uint8Array, lock?: number, vmUuid = VM) => {
    const job = { jobId: made.jobId(), vmUuid, disks: [{ diskId: 'a', image }] }
    const { point } = await backUp(made.repository, {
      ...job,
      ...(lock && { lock: { mode: 'governance' as const, days: lock } }),
    })
    return { point, image: Buffer.from(image) }
  }
  const points: Awaited<ReturnType<typeof add>>[] = []
  for (let index = 0; index < count; index++)
    points.push(await add(made.random.bytes(12 * CHUNK), index === 0 ? lockFirst : undefined))
  const perform = async (
    spec: RepositoryJobSpec,
    on: MaintenanceStore = store,
    confirm: ConfirmRemoval = async () => undefined,
    confirmHeld: ConfirmHeld = async () => ({ held: false }),
  ) => {
    const { outcome } = await maintain(spec, {
      jobId: made.jobId(),
      tellReplicated: () => expect.unreachable(),
      repository: made.repository,
      openStore: async () => on,
      confirm,
      confirmHeld,
      context: testContext().context,
      clock,
      log: memoryLog(),
    })
    return outcome
  }
  const removal = (wanted: { point: { id: string } }[], evenLast?: true): RemovePointsSpec => ({
    kind: 'remove-points',
    points: wanted.map(({ point }) => ({
      ...{ pointId: point.id, vmUuid: VM, vmName: 'web', because: 'It expired.' },
    })),
    ...(evenLast && { evenLast }),
  })
  /** The collector needs runs that are days apart: plan, wait, sweep. */
  const collectAll = async (on: MaintenanceStore = store) => {
    let freed = 0
    for (let run = 0; run < 3; run++) {
      clock.time += 4 * DAY
      const outcome = await perform({ kind: 'collect-garbage' }, on)
      if (outcome.status === 'garbage-collected') freed += outcome.report.removed.bytes
    }
    return freed
  }
  const expectWhole = async (kept: typeof points) => {
    const refs = await Array.fromAsync(made.repository.points())
    expect(refs.map(({ id }) => id).sort()).toEqual(kept.map(({ point }) => point.id).sort())
    for (const { point, image } of kept)
      expect((await readAll(made.repository.readDisk(point, 'a'))).equals(image)).toBe(true)
    expect((await made.repository.check({ level: 2 })).findings).toEqual([])
  }
  return { ...made, store, time: clock, points, add, perform, removal, collectAll, expectWhole }
}

test('what expires is removed, what it alone needed is freed, and what is kept is read as it was', async () => {
  const { points, perform, removal, collectAll, expectWhole } = await world(3)
  expect(await perform(removal(points.slice(0, 2)))).toEqual({
    status: 'points-removed',
    report: { removed: points.slice(0, 2).map(({ point }) => point.id), absent: [], kept: [] },
  })
  expect(await collectAll()).toBeGreaterThan(20 * CHUNK)
  await expectWhole(points.slice(2))
  expect(await perform(removal(points.slice(0, 2)))).toMatchObject({
    report: { removed: [], absent: points.slice(0, 2).map(({ point }) => point.id) },
  })
})

test('a point that somebody hid is not taken for one that was deleted', async () => {
  const { points, store, perform, removal } = await world(2)
  const [hidden] = points
  store.hide(hidden?.point.key ?? '')
  expect(await perform(removal(points.slice(0, 1)))).toMatchObject({
    report: { removed: [], absent: [], kept: [{ pointId: hidden?.point.id }] },
  })
})

test('the last point of a VM stays, unless an administrator asked for just that', async () => {
  const { points, perform, removal } = await world(2)
  expect(await perform(removal(points))).toMatchObject({
    report: {
      removed: [points[0]?.point.id],
      kept: [{ pointId: points[1]?.point.id, because: 'it is the only recovery point of its VM' }],
    },
  })
  expect(await perform(removal(points.slice(1), true))).toMatchObject({
    report: { removed: [points[1]?.point.id] },
  })
})

test('a lock is read back from the store whatever the catalog believed; a hold is asked for before each point', async () => {
  const { points, time, perform, removal } = await world(4, 30)
  const [locked, held, free] = points.map(({ point }) => point.id)
  const confirm: ConfirmRemoval = async id => (id === held ? 'A legal hold keeps it.' : undefined)
  const outcome = await perform(removal(points.slice(0, 3)), undefined, confirm)
  expect(outcome).toMatchObject({
    report: {
      removed: [free],
      kept: [
        { pointId: locked, because: 'the store locks it' },
        { pointId: held, because: 'A legal hold keeps it.' },
      ],
    },
  })
  const { lockedUntil = 0 } = (outcome.status === 'points-removed' && outcome.report.kept[0]) || {}
  expect(lockedUntil).toBeGreaterThan(time.time + 29 * DAY)
  time.time = lockedUntil + 1_000
  expect(await perform(removal(points.slice(0, 1)))).toMatchObject({
    report: { removed: [locked] },
  })
})

test('a gateway without the rights of the maintenance role says so in one sentence, and removes nothing', async () => {
  const { points, store, perform, removal, expectWhole } = await world(2)
  const denied: StoreFault[] = [
    {
      on: 'remove',
      times: Number.POSITIVE_INFINITY,
      instead: new StoreDeniedError('remove an object'),
    },
  ]
  await expect(perform(removal(points.slice(0, 1)), faulty(store, denied))).rejects.toMatchObject({
    code: 'MAINTENANCE_DENIED',
    message: expect.stringMatching(/^This gateway may not remove anything from the repository at /),
  })
  await expectWhole(points)
})

/*
 * Motivation: a gateway may be killed at any moment.
 * Steps: break off before and after each call that changes the store, in the removal and in each run of the collector; do the job again.
 * Pass: in the end the same points are gone as without a crash, and what is kept is whole at every step.
 */
test.each(['instead', 'lost'] as const)(
  'a gateway that is killed at any call that writes (%s) is gone on after',
  { timeout: 60_000 },
  async when => {
    let cuts = 0
    for (let skip = 0; ; skip++) {
      const { points, store, repository, perform, removal, collectAll, expectWhole } =
        await world(2)
      const die = (['remove', 'put'] as const).map(
        (on): StoreFault => ({ on, skip, times: 1, [when]: GONE }),
      )
      const dying = faulty(store, die)
      const spec = removal(points.slice(0, 1))
      const removed = await perform(spec, dying).catch(() => undefined)
      const collected = removed && (await collectAll(dying).catch(() => undefined))
      const isCut = dying.unused().length < die.length
      if (isCut) {
        cuts++
        const left = await Array.fromAsync(repository.points())
        await expectWhole(points.filter(({ point }) => left.some(({ id }) => id === point.id)))
        await perform(spec)
        await collectAll()
      }
      await expectWhole(points.slice(1))
      if (collected !== undefined) break
    }
    expect(cuts).toBeGreaterThan(3)
  },
)

test('a backup that runs beside the collector, at whichever of its steps, makes a whole point or is told to begin again', async () => {
  for (let steps = 0; steps <= 4; steps++) {
    const { points, time, repository, perform, removal, add, jobId, expectWhole, random } =
      await world(2)
    const old = points[0]?.image ?? Buffer.alloc(0)
    await perform(removal(points.slice(0, 1)))
    const collect = async () => {
      time.time += 4 * DAY
      await perform({ kind: 'collect-garbage' })
    }
    if (steps > 1) await collect()
    // It finds what the removed point left, and relies on it while the collector goes on.
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
    const disk = await writer.disk({ diskId: 'a', size: old.length, chunkSize: CHUNK, keep: false })
    for (let at = 0; at < old.length; at += CHUNK)
      await disk.write(at, Buffer.from(old.subarray(at, at + CHUNK)))
    for (let step = 0; step < steps; step++) await collect()
    await disk.finish()
    const made = await writer.commit({ name: 'test' }).catch(error => {
      if (!(error instanceof PacksCondemnedError)) throw error
      return undefined
    })
    const mine = made ? { point: made, image: old } : await add(old)
    for (let step = 0; step < 3; step++) await collect()
    await expectWhole([points[1] as (typeof points)[1], mine])
    await add(random.bytes(CHUNK), undefined, OTHER_VM)
  }
})

test('damage is found, told with the points that it concerns, and remembered in the repository', async () => {
  const { points, store, repository, perform } = await world(2)
  expect(await perform({ kind: 'verify-repository', level: 1, share: 0.5 })).toMatchObject({
    status: 'verified',
    report: { damages: 0, affected: [], points: 2 },
  })
  const [pack] = [...(points[0]?.point.packs.values() ?? [])].filter(({ kind }) => kind === 'data')
  const [key = ''] = [...store.objects.keys()].filter(name => name.endsWith(pack?.ulid ?? '-'))
  flipBit(store, key, 4_000)
  const outcome = await perform({ kind: 'verify-repository', level: 2 })
  expect(outcome).toMatchObject({
    report: { damages: 1, affected: [points[0]?.point.id], state: { damaged: 1 } },
  })
  expect((await repository.verification()).damaged).toBe(1)
})

test('which points were read back in full is told with each verification, and what is overdue by name', async () => {
  const { points, store, time, clock, add, perform, random } = await world(2)
  const wait = (ms: number) => {
    time.time += ms
    clock.time += ms
  }
  const [first, second] = points.map(({ point }) => point.id)
  const verify = async (spec: Partial<VerifyRepositorySpec> = {}) => {
    const outcome = await perform({ kind: 'verify-repository', level: 1, ...spec })
    return outcome.status === 'verified' ? outcome.report.readBack : undefined
  }
  const some = { share: 1 / 16 } // the one pack that was read longest ago
  expect(await verify({ level: 0 })).toBeUndefined()
  // Too young for anything to be overdue.
  expect(await verify(some)).toMatchObject({ days: 30, overdue: 0, named: [] })
  expect(await verify({ level: 2 })).toMatchObject({ whole: 2, overdue: 0 })
  wait(31 * DAY)
  const fresh = await add(random.bytes(12 * CHUNK))
  expect(await verify(some)).toMatchObject({ whole: 0, overdue: 2, named: [first, second].sort() })
  // Who reads everything once a year is not told of a month.
  expect(await verify({ share: 1 / 365 })).toMatchObject({ days: 379, overdue: 0 })
  expect(await verify({ level: 2 })).toEqual({ days: 30, whole: 3, overdue: 0, named: [] })
  // What is damaged was not read back.
  wait(31 * DAY)
  for (const key of fresh.point.packs.keys()) {
    const name = (await Array.fromAsync(store.list(''))).find(object => object.key.endsWith(key))
    if (name) await flipBit(store, name.key, 100)
  }
  const after = await verify({ level: 2 })
  expect(after?.named).toContain(fresh.point.id)
})
