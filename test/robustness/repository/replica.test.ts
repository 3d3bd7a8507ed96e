import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { PointRef, Repository } from '#repository/index.ts'
import { openRepository } from '#repository/open.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  PASSPHRASE,
  readAll,
  SMALL,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'
import { copyOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 12
/** Small packs: a point needs many. */
const tuning = { ...SMALL, packTarget: 3 * CHUNK }

let original: MemoryObjectStore
let repository: Repository
let refs: PointRef[]
let recoveryKey: string
const images = new Map<string, Buffer>()
const HOUR = 3_600_000

beforeAll(async () => {
  const time = frozenClock()
  original = memoryObjectStore({ clock: time })
  const made = await newRepository(original, { tuning, seed: 4711 })
  repository = made.repository
  recoveryKey = made.recoveryKit.key
  for (const vmUuid of [VM, OTHER_VM]) {
    const image = Buffer.from(made.random.bytes(CHUNKS * CHUNK))
    const full = { jobId: made.jobId(), vmUuid, disks: [{ diskId: 'a', image }] }
    let { point } = await backUp(repository, full)
    images.set(point.key, Buffer.from(image))
    for (let i = 0; i < 3; i++) {
      time.time += HOUR
      const writer = await repository.beginPoint({ jobId: made.jobId(), vmUuid, base: point })
      const disk = await writer.disk({
        diskId: 'a',
        size: image.length,
        chunkSize: CHUNK,
        keep: true,
      })
      for (const chunk of new Set(made.random.bytes(3).map(byte => byte % CHUNKS))) {
        image.set(made.random.bytes(CHUNK), chunk * CHUNK)
        const at = chunk * CHUNK
        await disk.write(at, Buffer.from(image.subarray(at, at + CHUNK)))
      }
      await disk.finish()
      point = await writer.commit(null)
      images.set(point.key, Buffer.from(image))
    }
  }
  refs = await Array.fromAsync(repository.points())
})

const replicaWithout = (lost: Iterable<string>, from = original): MemoryObjectStore => {
  const store = copyOf(from, memoryObjectStore({ clock: frozenClock() }))
  for (const key of lost) store.objects.delete(key)
  return store
}

/** What a person with passphrase and recovery key gets out of the replica and nothing else. */
const reallyRestorable = async (
  store: MemoryObjectStore,
  among: readonly PointRef[] = refs,
): Promise<string[]> => {
  const common = {
    store,
    clock: frozenClock(),
    random: seededRandom(1),
    tuning: { ...tuning, workers: 0 },
  }
  const open = async () => {
    for (const unlock of [{ passphrase: PASSPHRASE }, { recoveryKey }])
      try {
        return await openRepository({ ...common, unlock })
      } catch (error) {
        asXenkeepError(error)
      }
    return undefined
  }
  const restorable: string[] = []
  for (const ref of among) {
    // Each by somebody who comes with nothing.
    const copy = await open()
    if (!copy) return []
    try {
      const point = await copy.readPoint(ref)
      const bytes = await readAll(copy.readDisk(point, 'a'))
      if (bytes.equals(images.get(ref.key) as Buffer)) restorable.push(ref.key)
    } catch (error) {
      expect(asXenkeepError(error).code).toMatch(/^(OBJECT_|CHUNK_MISSING)/)
    } finally {
      await copy.close()
    }
  }
  return restorable.sort()
}

const listedAs = async (store: MemoryObjectStore, state: string, by = repository) => {
  const { points } = await by.checkReplica({ replica: store })
  return points
    .filter(point => point.state === state)
    .map(({ key }) => key)
    .sort()
}

test('a whole replica restores everything and is not behind', async () => {
  const report = await repository.checkReplica({ replica: replicaWithout([]) })
  expect(report).toMatchObject({
    replica: 'memory:',
    shut: undefined,
    missingSlots: [],
    restorable: refs.length,
    lag: 0,
  })
  expect(report.points.every(({ missing, onlyThere }) => missing.length === 0 && !onlyThere)).toBe(
    true,
  )
})

test('a replica that lacks some objects, any of them: listed are just the points that can really be restored', async () => {
  const keys = keysOf(original, '')
  let partial = 0
  await fc.assert(
    fc.asyncProperty(
      // One in a hundred, and more, so that several kinds go at once.
      fc.uniqueArray(fc.constantFrom(...keys), {
        minLength: 1,
        maxLength: Math.ceil(keys.length / 12),
      }),
      async lost => {
        const replica = replicaWithout(lost)
        const real = await reallyRestorable(replica)
        expect(await listedAs(replica, 'restorable')).toEqual(real)
        if (real.length > 0 && real.length < refs.length) partial++
      },
    ),
    { numRuns: 40 },
  )
  expect(partial).toBeGreaterThan(10)
}, 60_000)

test('after a collector has moved what is needed into other packs, it is still just those', async () => {
  const time = frozenClock()
  const store = copyOf(original, memoryObjectStore({ clock: time }))
  const collector = await openRepository({
    store,
    unlock: { passphrase: PASSPHRASE },
    clock: time,
    random: seededRandom(8),
    tuning: { ...tuning, workers: 0 },
  })
  // Of each VM only the newest two points stay; the packs of the others are half dead then.
  const kept = refs.filter((_, i) => i % 4 > 1)
  time.time += 20 * 24 * HOUR
  for (const ref of refs) if (!kept.includes(ref)) await collector.removePoint(ref, store)
  for (let i = 0; i < 4; i++) {
    await collector.collectGarbage({ store, tuning: { rewriteBelow: 0.99 } })
    time.time += 5 * 24 * HOUR
  }
  const keys = keysOf(store, '')
  expect(keysOf(store, 'gc/moved/').length).toBeGreaterThan(0)
  expect(await listedAs(replicaWithout([], store), 'restorable', collector)).toEqual(
    kept.map(({ key }) => key).sort(),
  )
  const vital = keys.filter(key => /^(gc\/|packs\/|meta\/|index\/)/.test(key))
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.constantFrom(...vital), { minLength: 1, maxLength: 3 }),
      async lost => {
        const replica = replicaWithout(lost, store)
        const real = await reallyRestorable(replica, kept)
        expect(await listedAs(replica, 'restorable', collector)).toEqual(real)
      },
    ),
    { numRuns: 30 },
  )
}, 60_000)

test('what a point lacks is named', async () => {
  const newest = refs.at(-1) as PointRef
  const before = refs.at(-2) as PointRef
  const point = await repository.readPoint(newest)
  const older = await repository.readPoint(before)
  const own = [...point.packs.values()].find(
    ({ ulid, kind }) => kind === 'data' && !older.packs.has(ulid),
  )
  const pack = keysOf(original, 'packs/').find(key => key.endsWith(own?.ulid as string)) as string
  const report = await repository.checkReplica({ replica: replicaWithout([pack]) })
  expect(report.points.filter(({ state }) => state !== 'restorable')).toEqual([
    {
      key: newest.key,
      id: newest.id,
      modified: newest.modified,
      state: 'incomplete',
      missing: [pack],
      onlyThere: false,
    },
  ])
  expect(report.lag).toBe(newest.modified - before.modified)
})

test('commit records that are not there yet, and points that only the replica has', async () => {
  const vm = refs.filter(({ vmTag }) => vmTag === refs[0]?.vmTag)
  const lost = vm.slice(-2).map(({ key }) => key)
  const report = await repository.checkReplica({ replica: replicaWithout(lost) })
  expect(report.points.filter(({ state }) => state === 'absent').map(({ key }) => key)).toEqual(
    lost,
  )
  expect(report.lag).toBe(2 * HOUR)
  const none = await repository.checkReplica({ replica: replicaWithout(vm.map(({ key }) => key)) })
  expect(none.lag).toBeUndefined()

  const emptied = replicaWithout([])
  const deleted = replicaWithout([])
  deleted.objects.delete(refs[0]?.key as string)
  const shorter = await openRepository({
    store: deleted,
    unlock: { passphrase: PASSPHRASE },
    clock: frozenClock(),
    random: seededRandom(2),
    tuning: { workers: 0 },
  })
  const { points } = await shorter.checkReplica({ replica: emptied })
  expect(points.filter(({ onlyThere }) => onlyThere)).toMatchObject([
    { key: refs[0]?.key, state: 'restorable' },
  ])
})

test('without keys or bootstrap nothing can be restored, and it says why', async () => {
  const slots = keysOf(original, 'keys/')
  const locked = await repository.checkReplica({ replica: replicaWithout(slots) })
  expect(locked).toMatchObject({
    shut: 'None of the key slots of the repository is there.',
    missingSlots: slots,
    restorable: 0,
  })
  const one = await repository.checkReplica({ replica: replicaWithout(slots.slice(0, 1)) })
  expect(one).toMatchObject({
    shut: undefined,
    missingSlots: slots.slice(0, 1),
    restorable: refs.length,
  })
  const headless = await repository.checkReplica({
    replica: replicaWithout(keysOf(original, 'repo/')),
  })
  expect(headless).toMatchObject({
    shut: expect.stringContaining('There is no XenKeep repository'),
    restorable: 0,
  })
  const other = emptyStore()
  await newRepository(other)
  expect((await repository.checkReplica({ replica: other })).shut).toContain(
    'It is another repository',
  )
  const forged = replicaWithout([])
  flipBit(forged, keysOf(forged, 'repo/')[0] as string, 40)
  expect((await repository.checkReplica({ replica: forged })).shut).toBeDefined()
})
