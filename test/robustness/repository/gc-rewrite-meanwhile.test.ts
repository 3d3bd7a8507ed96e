import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { blindToMoves, movedBeforeSent, unannounced } from '#test/support/repository/gc-sabotage.ts'
import { backUpOnto, CHUNK, cut, rewritable } from '#test/support/repository/half-dead.ts'
import { OTHER_VM, readAll, VM } from '#test/support/repository/open.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

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
