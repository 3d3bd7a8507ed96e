import { describe, expect, test } from 'vitest'
import { type MemoryStoreOptions, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty, type StoreFault } from '#adapters/wrap/faulty-object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { type LockPolicy, lockUntil } from '#repository/lock/generation.ts'
import type { Repository } from '#repository/repository.ts'
import { newRepository, OTHER_VM, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'

const KiB = 1024
const CHUNK = 64 * KiB
const DAY = 86_400_000 // ms
const GOVERNANCE: LockPolicy = { mode: 'governance', days: 14 }
const COMPLIANCE: LockPolicy = { mode: 'compliance', days: 14 }
const IMAGE = seededRandom(5).bytes(20 * CHUNK)
const away = new StoreUnavailableError('answer')

/** A repository whose agent has one clock and whose store has another. */
const setUp = async (options: MemoryStoreOptions = {}) => {
  const storeClock = frozenClock()
  const memory = memoryObjectStore({ clock: storeClock, ...options })
  const made = await newRepository(memory)
  const pass = (ms: number) => {
    made.clock.time += ms
    storeClock.time += ms
  }
  const open = (store: ObjectStore) => made.reopen({ store })
  const broken = async (...faults: StoreFault[]) => open(faulty(memory, faults))
  return { ...made, memory, storeClock, pass, open, broken }
}

const backUp = async (
  repository: Repository,
  jobId: string,
  lock: LockPolicy | undefined,
  { vmUuid = VM, images = [IMAGE] }: { vmUuid?: string; images?: Uint8Array[] } = {},
) => {
  const writer = await repository.beginPoint({ jobId, vmUuid, lock })
  for (const [i, image] of images.entries()) {
    const disk = await writer.disk({
      diskId: `disk-${i}`,
      size: image.length,
      chunkSize: CHUNK,
      keep: false,
    })
    await disk.write(0, Buffer.from(image))
    await disk.finish()
  }
  return { point: await writer.commit(null), statistics: writer.statistics }
}

const locksOf = async (store: MaintenanceStore, prefix = '') => {
  const found: { [key: string]: string } = {}
  for await (const { key } of store.list(prefix)) {
    const lock = await store.retention(key)
    found[key] = lock ? `${lock.mode} until ${new Date(lock.until).toISOString()}` : 'none'
  }
  return found
}

const pointsOf = async (store: ObjectStore) => Array.fromAsync(store.list('points/'))

describe.each([GOVERNANCE, COMPLIANCE])('$mode', lock => {
  test('every object of the point is locked, as the store shows, and nothing can be removed until then', async () => {
    const { repository, memory, jobId, storeClock, pass } = await setUp()
    const { point, statistics } = await backUp(repository, jobId(), lock)
    const until = lockUntil(storeClock.time, lock)

    const locks = await locksOf(memory)
    const prefixes = new Set(Object.keys(locks).map(key => key.split('/')[0]))
    expect([...prefixes].sort()).toEqual(
      ['index', 'intents', 'keys', 'meta', 'packs', 'points', 'repo'], //
    )
    for (const [key, found] of Object.entries(locks)) {
      const wanted = `${lock.mode} until ${new Date(until).toISOString()}`
      expect(found, key).toBe(key.startsWith('intents/') ? 'none' : wanted)
    }
    expect(await repository.lockedUntil(point)).toMatchObject({ until, mode: lock.mode })

    const objects = Object.keys(locks).filter(key => !/^(intents|repo|keys)/.test(key)).length
    const counts = { ...lock, objects, extensions: 3 } // bootstrap and two slots were there before
    expect(statistics.lock).toEqual(counts)
    expect(point.statistics.lock).toEqual(counts)

    const versions = await Array.fromAsync(memory.versions(''))
    pass(until - storeClock.time - 1)
    for (const { key, version } of versions)
      if (!key.startsWith('intents/'))
        await expect(memory.remove(key, version)).rejects.toMatchObject({ code: 'OBJECT_LOCKED' })
    pass(1)
    for (const { key, version } of versions) await memory.remove(key, version)
    expect(await Array.fromAsync(memory.list(''))).toEqual([])
  })

  test('a store that forgets locks is found out before anything is sent', async () => {
    const { repository, memory, jobId } = await setUp({ locks: 'forgotten' })
    const before = [...memory.objects.keys()]
    await expect(backUp(repository, jobId(), lock)).rejects.toMatchObject({
      code: 'LOCK_NOT_KEPT',
      message: `The store accepted a lock on "repo/00000001" (${lock.mode} until 2026-12-23T00:00:00.000Z) but did not keep it: it shows no lock.`,
      retryable: false,
    })
    expect([...memory.objects.keys()]).toEqual(before)
  })

  test('a store that cannot lock is refused before anything is sent', async () => {
    const { repository, memory, jobId } = await setUp({ locks: 'unsupported' })
    const before = [...memory.objects.keys()]
    await expect(backUp(repository, jobId(), lock)).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
      message: 'The store memory: cannot lock objects: Object Lock is not enabled.',
      retryable: false,
    })
    expect([...memory.objects.keys()]).toEqual(before)
  })
})

test('a pack that is used again keeps its lock while it is long enough, then gets one extension', async () => {
  const { repository, memory, jobId, pass, clock } = await setUp()
  await backUp(repository, jobId(), GOVERNANCE)
  const packs = await locksOf(memory, 'packs/')
  const count = Object.keys(packs).length
  const retained: string[] = []
  const { retain } = memory
  memory.retain = (key, until, mode) => {
    retained.push(key)
    return retain(key, until, mode)
  }
  // First locked at noon of 22 November until 23 December: long enough until noon of 8 December.
  pass(16 * DAY - 10 * 60_000)
  const images = [IMAGE, IMAGE]
  const early = await backUp(repository, jobId(), GOVERNANCE, { vmUuid: OTHER_VM, images })
  expect(await locksOf(memory, 'packs/')).toEqual(packs)
  expect(early.statistics.lock?.extensions).toBe(0)

  pass(DAY)
  retained.length = 0
  const late = await backUp(repository, jobId(), GOVERNANCE, { vmUuid: OTHER_VM, images })
  const reused = Object.keys(packs)
  expect(retained.filter(key => reused.includes(key)).sort()).toEqual(reused)
  const until = lockUntil(clock.time, GOVERNANCE)
  for (const found of Object.values(await locksOf(memory, 'packs/')))
    expect(found).toBe(`governance until ${new Date(until).toISOString()}`)
  // The packs, bootstrap and two slots, and the metadata pack with the map of the same image.
  expect(late.statistics.lock?.extensions).toBe(count + 3 + 1)
  expect((await repository.lockedUntil(late.point)).until).toBe(until)
})

test('a locked point that uses packs of an unlocked one locks them too', async () => {
  const { repository, memory, jobId } = await setUp()
  const first = await backUp(repository, jobId(), undefined)
  expect(first.statistics.lock).toBeUndefined()
  expect(first.point.statistics).not.toHaveProperty('lock')
  expect(new Set(Object.values(await locksOf(memory)))).toEqual(new Set(['none']))
  expect(await repository.lockedUntil(first.point)).toMatchObject({
    until: undefined,
    mode: undefined,
  })

  const { point } = await backUp(repository, jobId(), COMPLIANCE, { vmUuid: OTHER_VM })
  expect(await repository.lockedUntil(point)).toMatchObject({
    until: Date.parse('2026-12-23T00:00:00Z'),
    mode: 'compliance',
  })
  expect(Object.values(await locksOf(memory, 'packs/'))).not.toContain('none')
})

test('a longer lock stays as it is: from the bucket, and from a policy with more days', async () => {
  const { repository, memory, jobId, clock } = await setUp({
    defaultRetention: { mode: 'compliance', days: 400 },
  })
  const { point, statistics } = await backUp(repository, jobId(), GOVERNANCE)
  for (const key of Object.keys(await locksOf(memory, 'packs/')))
    expect((await memory.retention(key))?.until).toBeGreaterThan(clock.time + 399 * DAY)
  expect(await repository.lockedUntil(point)).toMatchObject({ mode: 'compliance' })
  expect(statistics.lock?.extensions).toBe(0)
})

test('a default retention in governance mode does not go with a policy of compliance', async () => {
  const { repository, jobId } = await setUp({ defaultRetention: { mode: 'governance', days: 1 } })
  await expect(backUp(repository, jobId(), COMPLIANCE)).rejects.toMatchObject({
    code: 'LOCK_MODE_FIXED',
    message:
      'Every new object of memory: is locked in governance mode, which cannot be raised to compliance.',
  })
})

test('in a repository with governance locks a point in compliance mode is refused before anything is sent', async () => {
  const { repository, memory, jobId } = await setUp()
  await backUp(repository, jobId(), GOVERNANCE)
  const before = memory.objects.size
  await expect(backUp(repository, jobId(), COMPLIANCE)).rejects.toMatchObject({
    code: 'LOCK_MODE_FIXED',
    message:
      'The object "repo/00000001" is locked in governance mode, which cannot be raised to compliance.',
  })
  expect(memory.objects.size).toBe(before)
  await backUp(repository, jobId(), GOVERNANCE)
})

test('what the store shows counts, not what we did: a lock taken away by somebody is seen', async () => {
  const { repository, memory, jobId } = await setUp()
  const { point } = await backUp(repository, jobId(), GOVERNANCE)
  for (const prefix of ['packs/', 'meta/', 'points/', 'keys/', 'repo/']) {
    const [key = ''] = Object.keys(await locksOf(memory, prefix))
    const object = memory.objects.get(key)
    const { retention } = object ?? {}
    if (!object || !retention) throw new Error(`${key} is not locked`)
    object.retention = { ...retention, until: retention.until - DAY }
    const shorter = { until: retention.until - DAY, mode: 'governance', weakest: key }
    expect(await repository.lockedUntil(point)).toMatchObject(shorter)
    delete object.retention
    const none = { until: undefined, mode: undefined, weakest: key }
    expect(await repository.lockedUntil(point)).toMatchObject(none)
    object.retention = retention
  }
  // The next point that needs them locks them again.
  const [pack = ''] = Object.keys(await locksOf(memory, 'packs/'))
  delete memory.objects.get(pack)?.retention
  const { statistics } = await backUp(repository, jobId(), GOVERNANCE)
  expect(statistics.lock?.extensions).toBe(1)
  expect(await memory.retention(pack)).toBeDefined()
})

describe('clocks', () => {
  test.each([
    ['a year behind', -365 * DAY],
    ['thirty days behind', -30 * DAY],
    ['an hour ahead', DAY / 24],
    ['a hundred years ahead', 36_500 * DAY],
  ])('an agent %s locks by the time of the store', async (_, skew) => {
    const { repository, jobId, clock, storeClock } = await setUp()
    clock.time += skew
    const { point } = await backUp(repository, jobId(), COMPLIANCE)
    const { until } = await repository.lockedUntil(point)
    expect(until).toBe(lockUntil(storeClock.time, COMPLIANCE))
  })

  test('a job that takes longer than the spare time extends its own first packs', async () => {
    const { repository, memory, jobId, pass, storeClock } = await setUp()
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, lock: GOVERNANCE })
    const request = { diskId: 'a', size: IMAGE.length, chunkSize: CHUNK, keep: false }
    const disk = await writer.disk(request)
    await disk.write(0, Buffer.from(IMAGE.subarray(0, 10 * CHUNK)))
    await expect.poll(async () => Object.keys(await locksOf(memory, 'packs/'))).toHaveLength(1)
    const [first = ''] = Object.keys(await locksOf(memory, 'packs/'))
    await expect.poll(() => memory.retention(first)).toBeDefined()
    pass(25 * DAY)
    await disk.write(10 * CHUNK, Buffer.from(IMAGE.subarray(10 * CHUNK)))
    await disk.finish()
    const point = await writer.commit(null)
    expect((await memory.retention(first))?.until).toBe(lockUntil(storeClock.time, GOVERNANCE))
    const { until = 0 } = await repository.lockedUntil(point)
    expect(until).toBeGreaterThanOrEqual(storeClock.time + GOVERNANCE.days * DAY)
  })

  test('where the store does not tell its time, that of the agent counts', async () => {
    const { memory, jobId, clock, open } = await setUp()
    clock.time += 30 * DAY
    const silent = {
      ...memory,
      lockSupport: async () => ({ versioning: true, objectLock: true }),
    }
    const repository = await open(silent)
    const { point } = await backUp(repository, jobId(), GOVERNANCE)
    const { until } = await repository.lockedUntil(point)
    expect(until).toBe(lockUntil(clock.time, GOVERNANCE))
  })
})

describe('trouble', () => {
  test('a lock that is lost on a pack leaves no point', async () => {
    const { memory, jobId, open } = await setUp()
    const forgetful: MaintenanceStore = {
      ...memory,
      retain: async (key, until, mode) => {
        if (!key.startsWith('packs/')) await memory.retain(key, until, mode)
      },
    }
    await expect(backUp(await open(forgetful), jobId(), GOVERNANCE)).rejects.toMatchObject({
      code: 'LOCK_NOT_KEPT',
      message: expect.stringContaining('The store accepted a lock on "packs/'),
    })
    expect(await pointsOf(memory)).toEqual([])
  })

  test('a store that shortens what is asked is found out', async () => {
    const { memory, jobId, open } = await setUp()
    const short: MaintenanceStore = {
      ...memory,
      retain: (key, until, mode) => memory.retain(key, until - DAY, mode),
    }
    await expect(backUp(await open(short), jobId(), GOVERNANCE)).rejects.toMatchObject({
      code: 'LOCK_NOT_KEPT',
      message: expect.stringMatching(/it shows governance until 2026-12-22T00:00:00.000Z\.$/),
    })
  })

  test('a store that turns compliance into governance is found out', async () => {
    const { memory, jobId, open } = await setUp()
    const weak: MaintenanceStore = {
      ...memory,
      retain: (key, until) => memory.retain(key, until, 'governance'),
    }
    await expect(backUp(await open(weak), jobId(), COMPLIANCE)).rejects.toMatchObject({
      code: 'LOCK_NOT_KEPT',
    })
  })

  test('cut off between the commit record and its lock, the same job locks the point that is there', async () => {
    const { repository, memory, jobId, broken } = await setUp()
    const id = jobId()
    const cut = await broken({ on: 'retain', key: /^points\//, instead: away })
    await expect(backUp(cut, id, GOVERNANCE)).rejects.toBe(away)
    const [ref] = await pointsOf(memory)
    expect(await memory.retention(ref?.key ?? '')).toBeUndefined()

    const { point } = await backUp(repository, id, GOVERNANCE)
    expect(point.id).toBe(id)
    expect(await pointsOf(memory)).toHaveLength(1)
    const { until } = await repository.lockedUntil(point)
    expect(until).toBe(Date.parse('2026-12-23T00:00:00Z'))
  })

  test('a commit whose reply got lost is locked all the same', async () => {
    const { memory, jobId, broken } = await setUp()
    const repository = await broken({ on: 'put', key: /^points\//, lost: away })
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, lock: GOVERNANCE })
    await expect(writer.commit(null)).rejects.toBe(away)
    const point = await writer.commit(null)
    expect((await repository.lockedUntil(point)).until).toBeDefined()
    expect(await pointsOf(memory)).toHaveLength(1)
  })

  test('a pack whose put was answered "exists" after a lost reply is locked', async () => {
    const { memory, jobId, open } = await setUp()
    const trouble = faulty(memory, [{ on: 'put', key: /^packs\//, lost: away }])
    const repository = await open(retrying(trouble, { sleep: async () => {} }))
    const { point } = await backUp(repository, jobId(), GOVERNANCE)
    expect((await repository.lockedUntil(point)).until).toBeDefined()
  })

  test('also what is answered "exists" is locked: our own echo, or another attempt that was first', async () => {
    const { memory, jobId, open } = await setUp()
    const echo: MaintenanceStore = {
      ...memory,
      put: async (key, parts) => {
        await memory.put(key, parts)
        await memory.put(key, parts)
      },
    }
    const repository = await open(echo)
    const { point } = await backUp(repository, jobId(), GOVERNANCE)
    expect((await repository.lockedUntil(point)).until).toBeDefined()
    for (const [key, found] of Object.entries(await locksOf(memory)))
      if (!key.startsWith('intents/')) expect(found, key).not.toBe('none')
  })

  test('who may not lock is told so before anything is sent', async () => {
    const { memory, jobId, broken } = await setUp()
    const before = memory.objects.size
    const denied = new StoreDeniedError('lock "repo/00000001" in memory:')
    const repository = await broken({ on: 'retain', times: 9, instead: denied })
    await expect(backUp(repository, jobId(), GOVERNANCE)).rejects.toBe(denied)
    expect(memory.objects.size).toBe(before)
  })

  test('a store opened without the right to lock refuses a locked point, and tells no locks', async () => {
    const { memory, jobId, open } = await setUp()
    const { address, put, get, stat, list } = memory
    const repository = await open({ address, put, get, stat, list })
    await expect(backUp(repository, jobId(), GOVERNANCE)).rejects.toMatchObject({
      code: 'LOCK_UNSUPPORTED',
      message: 'The store memory: cannot lock objects: it was opened without the right to lock.',
    })
    const { point } = await backUp(repository, jobId(), undefined)
    await expect(repository.lockedUntil(point)).rejects.toMatchObject({ code: 'LOCK_UNSUPPORTED' })
  })

  test.each([0, -1, 1.5, Number.NaN])('a lock of %s days is refused', async days => {
    const { repository, jobId } = await setUp()
    const lock = { mode: 'governance', days } as const
    await expect(backUp(repository, jobId(), lock)).rejects.toMatchObject({ code: 'INVALID_WRITE' })
  })

  test('a pack that vanished is missed by the question how long the point is locked', async () => {
    const { repository, memory, jobId } = await setUp()
    const { point } = await backUp(repository, jobId(), GOVERNANCE)
    const [pack = ''] = Object.keys(await locksOf(memory, 'packs/'))
    memory.objects.delete(pack)
    await expect(repository.lockedUntil(point)).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      message: `The object store has no object "${pack}".`,
    })
  })
})
