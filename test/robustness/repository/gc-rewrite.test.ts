import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { dryRun } from '#adapters/wrap/dry-run.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import type { PointRequest } from '#repository/write/api.ts'
import { blindToMoves, movedBeforeSent, unannounced } from '#test/support/repository/gc-sabotage.ts'
import { newRepository, OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const DAY = 24 * 60 * 60 * 1000
const CHUNK = 64 * 1024
const CHUNKS = 8
const cut = () => new StoreUnavailableError('answer: the connection was cut')

/** Writes what differs from the base. */
const backUpOnto = async (
  repository: Repository,
  request: PointRequest,
  image: Buffer,
  old?: Buffer,
): Promise<Point> => {
  const writer = await repository.beginPoint(request)
  const disk = await writer.disk({
    diskId: 'a',
    size: image.length,
    chunkSize: CHUNK,
    keep: old !== undefined,
  })
  for (let at = 0; at < image.length; at += CHUNK) {
    const chunk = image.subarray(at, at + CHUNK)
    if (!old || !chunk.equals(old.subarray(at, at + CHUNK)))
      await disk.write(at, Buffer.from(chunk))
  }
  await disk.finish()
  return writer.commit({})
}

/**
 * One VM: a full backup of eight chunks in one pack, an increment that changed five of them, the full one deleted. So three eighths of
 * the first data pack are needed. Four days later.
 */
const halfDead = async ({ lock }: Pick<PointRequest, 'lock'> = {}) => {
  const time = frozenClock()
  const store = memoryObjectStore({ clock: time })
  const world = await newRepository(store)
  const { repository, random, jobId, clock } = world
  const images = [Buffer.from(random.bytes(CHUNKS * CHUNK))]
  images.push(Buffer.from(images[0] as Buffer))
  images[1]?.set(random.bytes(5 * CHUNK), 0)
  const [full, changed] = images as [Buffer, Buffer]
  const request = { vmUuid: VM, lock }
  const first = await backUpOnto(repository, { ...request, jobId: jobId() }, full)
  const base = first
  const second = await backUpOnto(repository, { ...request, jobId: jobId(), base }, changed, full)
  const [old] = [...second.packs.values()].filter(({ kind, ulid }) => {
    return kind === 'data' && first.packs.has(ulid)
  })
  if (!old) throw new Error('no pack of the first point is needed by the second')
  const pass = (days: number) => {
    time.time += days * DAY
    clock.time = time.time
  }
  const collect = (on: MaintenanceStore = store, by: Repository = repository) =>
    by.collectGarbage({ store: on })
  /** Runs with days in between, until what can go is gone. */
  const collectAll = async (on?: MaintenanceStore, by?: Repository) => {
    const reports = []
    for (let i = 0; i < 5; i++) {
      reports.push(await collect(on, by))
      pass(4)
    }
    return reports
  }
  const isThere = (ulid: string) => keysOf(store, 'packs/').some(key => key.endsWith(ulid))
  /** As somebody sees it who was never here before. */
  const faults = async (expected = new Map([[second.id, changed]])): Promise<string[]> => {
    const reader = await world.reopen()
    const found: string[] = []
    try {
      for (const [id, image] of expected) {
        const refs = await Array.fromAsync(reader.points())
        const point = await reader.readPoint(refs.find(ref => ref.id === id) as (typeof refs)[0])
        const bytes = await readAll(reader.readDisk(point, 'a'))
        if (!bytes.equals(image)) found.push(`${id} reads wrongly`)
      }
      for (const { message } of (await reader.check({ level: 2 })).findings) found.push(message)
    } catch (error) {
      found.push(asXenkeepError(error).message)
    } finally {
      await reader.close()
    }
    return found
  }
  const remove = async () => {
    await repository.removePoint(first, store)
    pass(4)
  }
  const makings = { ...world, store, time, pass, full, changed, first, second, old: old.ulid }
  return { ...makings, collect, collectAll, isThere, faults, remove }
}
const rewritable = async () => {
  const world = await halfDead()
  await world.remove()
  return world
}

test('what is needed of a pack that is half dead goes to a new one, the rest goes', async () => {
  const { collectAll, isThere, old, faults, repository, second, store } = await rewritable()
  const before = keysOf(store, 'packs/').reduce((sum, key) => sum + sizeOf(store, key), 0)
  const reports = await collectAll()
  expect(reports[0]?.rewritten).toMatchObject({ packs: 1, locked: 0 })
  expect(reports[0]?.text.join('\n')).toMatch(
    /Rewrote 1 pack \(0\.5 MiB\) of which little was needed: 0\.2 MiB went to new packs/,
  )
  expect(isThere(old)).toBe(false)
  const after = keysOf(store, 'packs/').reduce((sum, key) => sum + sizeOf(store, key), 0)
  expect(before - after).toBeGreaterThan(5 * CHUNK - 2000)
  expect(await faults()).toEqual([])
  // The commit record names the old pack for ever; a reader sees what became of it.
  const point = await repository.readPoint(second)
  expect(point.packs.has(old)).toBe(false)
  expect(reports.slice(1).every(({ rewritten }) => rewritten.packs === 0)).toBe(true)
  const repo = keysOf(store, 'repo/').at(-1) as string
  expect(JSON.parse(Buffer.from(await store.get(repo)).toString()).features).toEqual({
    compatible: [],
    incompatible: ['moved'],
    readOnlyCompatible: ['gc'],
  })
})

const sizeOf = (store: { objects: Map<string, { bytes: Uint8Array }> }, key: string): number =>
  store.objects.get(key)?.bytes.length ?? 0

test('a dry run tells just what the run then does, and changes nothing', async () => {
  const { store, time, reopen, collect, pass } = await rewritable()
  for (let i = 0; i < 4; i++) {
    const before = structuredClone([...store.objects])
    const other = await reopen()
    const dry = await other.collectGarbage({ store: dryRun(store, time) })
    await other.close()
    expect([...store.objects]).toEqual(before)
    expect((await collect()).text).toEqual(dry.text)
    pass(4)
  }
})

test('a pack is rewritten again when the new one dies in turn', async () => {
  const world = await rewritable()
  const { collectAll, repository, jobId, second, changed, store, random, faults, pass } = world
  await collectAll()
  const base = await repository.readPoint(second)
  const [moved] = [...base.packs.values()].filter(({ ulid, kind }) => {
    return kind === 'data' && !second.packs.has(ulid)
  })
  const image = Buffer.from(changed)
  image.set(random.bytes(2 * CHUNK), 5 * CHUNK) // one of three is left
  const third = await backUpOnto(repository, { jobId: jobId(), vmUuid: VM, base }, image, changed)
  expect([...third.packs.keys()]).toContain(moved?.ulid)
  await repository.removePoint(second, store)
  pass(4)
  await collectAll()
  expect(keysOf(store, 'packs/').some(key => key.endsWith(moved?.ulid as string))).toBe(false)
  expect(await faults(new Map([[third.id, image]]))).toEqual([])
})

describe('a collector that dies while it rewrites', () => {
  const steps = ['put gc/move/', 'put packs/', 'put index/', 'put gc/moved/', 'put repo/']
  test.each(steps.flatMap(step => [`${step} before`, `${step} after`]))('%s', async step => {
    const { collect, collectAll, faults, store, isThere, old, pass } = await rewritable()
    const [method, prefix, when] = step.split(' ') as ['put', string, string]
    const broken = faulty(store, [
      {
        on: method,
        key: new RegExp(`^${prefix}`),
        ...(when === 'before' ? { instead: cut() } : { lost: cut() }),
      },
    ])
    await expect(collect(broken)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(broken.unused()).toEqual([])
    expect(await faults()).toEqual([])
    pass(8)
    await collectAll()
    await collectAll()
    expect(isThere(old)).toBe(false)
    expect(await faults()).toEqual([])
    expect(keysOf(store, 'packs/')).toHaveLength(2)
  })
})

describe('somebody else is at work', () => {
  /** Another collector has all the time of the world just before the rewrite is declared done. */
  const collectedInBetween = async (sabotage: (on: MaintenanceStore) => MaintenanceStore) => {
    const world = await rewritable()
    const { store, collect, collectAll, faults, reopen, pass } = world
    const other = await reopen()
    const between = async () => {
      for (let i = 0; i < 3; i++) {
        pass(1)
        const tuning = { packAge: 0, rewriteBelow: 0 }
        await other.collectGarbage({ store, tuning })
      }
    }
    const slow = faulty(store, [{ on: 'put', key: /^gc\/moved\//, before: between }])
    await collect(sabotage({ ...store, ...slow }))
    expect(slow.unused()).toEqual([])
    await collectAll()
    return faults()
  }

  test('a collector that finds new packs that nothing names yet', async () => {
    expect(await collectedInBetween(store => store)).toEqual([])
    expect(await collectedInBetween(unannounced)).not.toEqual([])
  })

  test('a collector, while this one dies before the new packs', async () => {
    const died = async (sabotage: (on: MaintenanceStore) => MaintenanceStore) => {
      const { store, collect, collectAll, faults } = await rewritable()
      const broken = faulty(store, [{ on: 'put', key: /^packs\//, instead: cut() }])
      await expect(collect(sabotage({ ...store, ...broken }))).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      })
      await collectAll()
      await collectAll()
      return faults()
    }
    expect(await died(store => store)).toEqual([])
    expect(await died(movedBeforeSent)).not.toEqual([])
  })

  test('a collector that has given the rewrite up', async () => {
    const { store, collect, collectAll, faults, reopen, pass } = await rewritable()
    const other = await reopen()
    const between = async () => {
      pass(8)
      await collect(store, other)
    }
    const slow = faulty(store, [{ on: 'put', key: /^gc\/moved\//, before: between }])
    expect((await collect({ ...store, ...slow })).rewritten.packs).toBe(0)
    await collectAll()
    expect(await faults()).toEqual([])
    expect(keysOf(store, 'packs/')).toHaveLength(2)
  })

  test('an agent whose base was rewritten and collected before it began', async () => {
    const built = async (sabotage: (on: MaintenanceStore) => ObjectStore) => {
      const world = await rewritable()
      const { store, collectAll, faults, reopen, jobId, second, changed, random } = world
      // It has known the old pack since long, and has not looked at points since.
      const agent = await reopen({ store: sabotage(store) })
      await agent.rebuildIndex()
      await collectAll()
      const image = Buffer.from(changed)
      image.set(random.bytes(CHUNK), 0)
      const request = { jobId: jobId(), vmUuid: VM, base: second }
      const third = await backUpOnto(agent, request, image, changed)
      return faults(new Map([[third.id, image]]))
    }
    expect(await built(store => store)).toEqual([])
    expect(await built(blindToMoves)).not.toEqual([])
  })

  test('an agent that stands still while its base is rewritten and collected', async () => {
    const world = await rewritable()
    const { collectAll, reopen, jobId, second, changed, random, faults } = world
    const agent = await reopen()
    const image = Buffer.from(changed)
    image.set(random.bytes(CHUNK), 0)
    const request = { jobId: jobId(), vmUuid: VM, base: second }
    const writer = await agent.beginPoint(request)
    const disk = await writer.disk({ diskId: 'a', size: image.length, keep: true })
    await disk.write(0, Buffer.from(image.subarray(0, CHUNK)))
    await disk.finish()
    await collectAll()
    await expect(writer.commit({})).rejects.toMatchObject({ code: 'PACKS_CONDEMNED' })
    await writer.abort()
    const third = await backUpOnto(agent, request, image, changed)
    expect(await faults(new Map([[third.id, image]]))).toEqual([])
  })

  test.each(['before the rewrite', 'after the rewrite'])(
    'an agent that relies on a dead record: intent %s',
    async when => {
      const world = await rewritable()
      const { collect, collectAll, reopen, jobId, full, faults, isThere, old, pass } = world
      const agent = await reopen()
      const request = { jobId: jobId(), vmUuid: OTHER_VM }
      const writer = await agent.beginPoint(request)
      const disk = await writer.disk({
        diskId: 'a',
        size: full.length,
        chunkSize: CHUNK,
        keep: false,
      })
      // Five of these chunks are dead in the old pack, and just there.
      await disk.write(0, Buffer.from(full))
      await disk.finish()
      if (when === 'after the rewrite') expect((await collect()).rewritten.packs).toBe(1)
      const point = await writer.commit({})
      expect(point.statistics.newBytes).toBe(0)
      if (when === 'before the rewrite') expect((await collect()).rewritten.packs).toBe(0)
      pass(4)
      await collectAll()
      expect(isThere(old)).toBe(true)
      expect(await faults(new Map([[point.id, full]]))).toEqual([])
    },
  )

  test('a reader that has begun before', async () => {
    const { collectAll, reopen, second, changed, store } = await rewritable()
    for (const how of ['whole', 'half']) {
      const reader = await reopen()
      const point = await reader.readPoint(second)
      if (how === 'half') {
        const extents = reader.readDisk(point, 'a')[Symbol.asyncIterator]()
        await extents.next()
        await extents.return?.()
      }
      await collectAll()
      const bytes = await readAll(reader.readDisk(point, 'a'))
      expect(bytes.equals(changed)).toBe(true)
      const restored = Buffer.alloc(changed.length)
      await reader.restoreDisk(point, 'a', async extent => {
        if (!extent.zero) restored.set(extent.bytes, extent.offset)
      })
      expect(restored.equals(changed)).toBe(true)
    }
    expect(keysOf(store, 'gc/moved/')).toHaveLength(1)
  })
})

test('a check that has begun before takes nothing for damage', async () => {
  const { collectAll, reopen, store } = await rewritable()
  const watched = faulty(store, [{ on: 'list', key: /^packs\/$/, before: () => collectAll() }])
  const checker = await reopen({ store: watched })
  const { findings } = await checker.check({ level: 2 })
  expect(watched.unused()).toEqual([])
  expect(findings).toEqual([])
})

test('a replica that knows of a rewrite before it has the new packs', async () => {
  const { collectAll, reopen, store, second, changed, repository } = await rewritable()
  const replica = memoryObjectStore()
  const copy = async (skip?: RegExp) => {
    for (const key of [...store.objects.keys()])
      if (!skip?.test(key) && !replica.objects.has(key))
        await replica.put(key, [await store.get(key)])
  }
  await copy()
  await collectAll()
  await copy(/^(packs|meta)\//)
  const there = await reopen({ store: replica })
  expect((await there.check({ level: 2 })).findings).toEqual([])
  const [ref] = await Array.fromAsync(there.points())
  const point = await there.readPoint(ref as NonNullable<typeof ref>)
  expect(point.id).toBe(second.id)
  expect((await readAll(there.readDisk(point, 'a'))).equals(changed)).toBe(true)
  const report = await repository.checkReplica({ replica })
  expect(report.points.filter(({ id }) => id === second.id)).toMatchObject([
    { state: 'restorable', missing: [] },
  ])
  for (const key of [...replica.objects.keys()])
    if (/^packs\//.test(key)) replica.objects.delete(key)
  const empty = await repository.checkReplica({ replica })
  expect(empty.restorable).toBe(0)
})

test('a pack is not rewritten while it is locked, and then it is', async () => {
  const world = await halfDead({ lock: { mode: 'compliance', days: 5 } })
  const { collect, collectAll, repository, second, first, store, pass, faults, isThere } = world
  pass(30)
  await repository.removePoint(first, store)
  // Somebody extends the lock of the other point.
  const until = world.time.time + 20 * DAY
  for (const { kind, ulid } of second.packs.values())
    await store.retain(
      keysOf(store, kind === 'data' ? 'packs/' : 'meta/').find(k => k.endsWith(ulid)) as string,
      until,
      'compliance',
    )
  const report = await collect()
  expect(report.rewritten).toMatchObject({ packs: 0, locked: 1 })
  expect(report.text.join('\n')).toContain(
    'Left 1 pack as it is, of which little is needed: locked',
  )
  pass(21)
  await collectAll()
  expect(isThere(world.old)).toBe(false)
  expect(await faults()).toEqual([])
})

test('every pack comes to its turn, also behind one that cannot be rewritten', async () => {
  const { store, old, isThere, repository, pass, jobId, random, reopen, second, changed } =
    await rewritable()
  // An attempt that wrote its intent and stood still then; another one of the same job was faster.
  const request = { jobId: jobId(), vmUuid: VM, base: second }
  const broken = faulty(store, [{ on: 'put', key: /^points\//, instead: cut() }])
  const stood = await reopen({ store: broken })
  await expect(backUpOnto(stood, request, changed, changed)).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  await backUpOnto(repository, request, changed, changed)
  // And a younger pack of which little is needed.
  const image = Buffer.from(random.bytes(CHUNKS * CHUNK))
  const other = { vmUuid: OTHER_VM }
  const full = await backUpOnto(repository, { ...other, jobId: jobId() }, image)
  const next = Buffer.from(image)
  next.set(random.bytes(5 * CHUNK), 0)
  await backUpOnto(repository, { ...other, jobId: jobId(), base: full }, next, image)
  await repository.removePoint(full, store)
  pass(4)
  const [young] = [...full.packs.values()].filter(({ kind }) => kind === 'data')
  for (let run = 0; run < 40 && isThere(young?.ulid as string); run++) {
    await repository.collectGarbage({ store, tuning: { rewritePacks: 1 } })
    pass(2)
  }
  expect([isThere(old), isThere(young?.ulid as string)]).toEqual([true, false])
})

test('nothing is rewritten as long as a map cannot be read', async () => {
  const { collect, store, second, isThere, old } = await rewritable()
  const meta = [...second.packs.values()].find(({ kind }) => kind === 'meta')
  const key = keysOf(store, 'meta/').find(name => name.endsWith(meta?.ulid as string)) as string
  flipBit(store, key, 120)
  const { rewritten, text } = await collect()
  expect(rewritten.packs).toBe(0)
  expect(text.join('\n')).toContain('Rewrote no pack, since not all maps can be read')
  expect(keysOf(store, 'gc/move/')).toEqual([])
  expect(isThere(old)).toBe(true)
})

test('a pack with a damaged record stays', async () => {
  const { collectAll, store, isThere, old } = await rewritable()
  const key = keysOf(store, 'packs/').find(name => name.endsWith(old)) as string
  flipBit(store, key, sizeOf(store, key) - 84 - 16 - 800) // in the last record, which is needed
  await collectAll()
  expect(isThere(old)).toBe(true)
})
