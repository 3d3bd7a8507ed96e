import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import {
  backUp,
  emptyStore,
  newRepository,
  OTHER_VM,
  readAll,
  VM,
} from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { bytesOf, keysOf, replace, swap } from '#test/support/repository/tamper.ts'
import { CHUNK, chunkAt, startOf, TUNING, twoVms } from '#test/support/repository/two-vms.ts'

const { original, points, images, dataPack, damaged, strikes } = await twoVms()

describe('whole things in the wrong place are refused', () => {
  test('two records of a pack', async () => {
    const repository = await damaged(store => {
      const bytes = Buffer.from(bytesOf(store, dataPack))
      const first = Buffer.from(bytes.subarray(startOf(1), startOf(2)))
      bytes.copyWithin(startOf(1), startOf(4), startOf(5))
      bytes.set(first, startOf(4))
      replace(store, dataPack, bytes)
    })
    const { findings } = await repository.check({ level: 2 })
    expect(findings).toMatchObject([
      { code: 'OBJECT_NOT_AUTHENTIC', offset: startOf(1), affected: [strikes(chunkAt(1))] },
      { code: 'OBJECT_NOT_AUTHENTIC', offset: startOf(4), affected: [strikes(chunkAt(4))] },
    ])
    await expect(readAll(repository.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      place: { offset: CHUNK },
    })
  })

  test.each(['packs/', 'meta/'])('two packs below %s', async prefix => {
    const repository = await damaged(store => {
      const [a, b] = keysOf(store, prefix) as [string, string]
      swap(store, a, b)
      for (const key of keysOf(store, 'index/')) store.objects.delete(key)
    })
    const { findings } = await repository.check({ level: 2 })
    const packs = findings.filter(({ object }) => object.startsWith(prefix))
    expect(packs.map(({ code }) => code)).toContain('OBJECT_NOT_AUTHENTIC')
    expect(new Set(packs.flatMap(({ affected }) => affected.map(({ vmUuid }) => vmUuid)))).toEqual(
      new Set([VM, OTHER_VM]),
    )
    for (const point of [points.vm, points.other])
      await expect(readAll(repository.readDisk(point, 'a'))).rejects.toMatchObject({
        code: expect.stringMatching(/^OBJECT_(NOT_AUTHENTIC|DAMAGED)$/),
      })
  })

  test('two commit records, and an older one under a new name', async () => {
    const repository = await damaged(store => swap(store, points.vm.key, points.other.key))
    for (const uuid of [VM, OTHER_VM])
      await expect(repository.latestPoint(uuid)).rejects.toMatchObject({
        code: 'OBJECT_NOT_AUTHENTIC',
        message: expect.stringContaining('it was sealed for another name'),
      })
    const later = points.vm.key.replace(/.$/, last => (last === 'Z' ? 'Y' : 'Z'))
    const replayed = await damaged(store => replace(store, later, bytesOf(store, points.vm.key)))
    await expect(replayed.readPoint({ key: later })).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: later,
    })
  })

  test('an intent in the place of a commit record, a segment in the place of a segment', async () => {
    const [intent] = keysOf(original, 'intents/')
    const forged = await damaged(store =>
      replace(store, points.vm.key, bytesOf(store, intent as string)),
    )
    await expect(forged.latestPoint(VM)).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      message: expect.stringContaining('it has type 19 instead of 17'),
    })
    const swapped = await damaged(store => {
      const [a, b] = keysOf(store, 'index/') as [string, string]
      swap(store, a, b)
    })
    const { findings } = await swapped.check({ level: 1, sample: 0 })
    expect(findings.map(({ code, affected }) => [code, affected])).toEqual([
      ['OBJECT_NOT_AUTHENTIC', []],
      ['OBJECT_NOT_AUTHENTIC', []],
    ])
  })

  test('objects of another repository', async () => {
    const strange = emptyStore()
    const other = await newRepository(strange, { tuning: TUNING })
    const { point } = await backUp(other.repository, {
      jobId: points.vm.id,
      disks: [{ diskId: 'a', image: images.vm }],
    })
    const repository = await damaged(store =>
      replace(store, points.vm.key, bytesOf(strange, point.key)),
    )
    await expect(repository.latestPoint(VM)).rejects.toMatchObject({ code: 'OBJECT_NOT_AUTHENTIC' })
  })

  test('a record of another pack, and a session entry of another pack', async () => {
    const [otherPack] = keysOf(original, 'packs/').filter(key => key !== dataPack) as [string]
    const moved = await damaged(store => {
      const bytes = Buffer.from(bytesOf(store, dataPack))
      bytes.set(bytesOf(store, otherPack).subarray(startOf(2), startOf(3)), startOf(2))
      replace(store, dataPack, bytes)
    })
    expect((await moved.check({ level: 2 })).findings).toMatchObject([
      { code: 'OBJECT_NOT_AUTHENTIC', offset: startOf(2), affected: [strikes(chunkAt(2))] },
    ])
    await expect(readAll(moved.readDisk(points.vm, 'a'))).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      place: { offset: 2 * CHUNK },
    })
    const session = await damaged(store => {
      const bytes = Buffer.from(bytesOf(store, dataPack))
      bytes.set(bytesOf(store, otherPack).subarray(0, startOf(0)), 0)
      replace(store, dataPack, bytes)
    })
    expect((await session.check({ level: 2 })).findings).toMatchObject([{ object: dataPack }])
  })

  test("a step of the collector in another's place removes nothing", async () => {
    const time = frozenClock()
    const store = memoryObjectStore({ clock: time })
    const { repository, random, jobId } = await newRepository(store, { tuning: TUNING })
    for (let i = 0; i < 2; i++) {
      const disks = [{ diskId: 'a', image: Buffer.from(random.bytes(2 * CHUNK)) }]
      const { point } = await backUp(repository, { jobId: jobId(), disks })
      if (i === 0) await repository.removePoint(point, store)
    }
    time.time += 4 * 24 * 60 * 60 * 1000
    await repository.collectGarbage({ store })
    const packs = [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]
    time.time += 4 * 24 * 60 * 60 * 1000
    replace(store, 'gc/sweep/00000001', bytesOf(store, 'gc/plan/00000001'))
    replace(store, 'gc/verdict/00000001', bytesOf(store, 'gc/plan/00000001'))
    await expect(repository.collectGarbage({ store })).rejects.toMatchObject({
      code: 'OBJECT_NOT_AUTHENTIC',
      object: 'gc/verdict/00000001',
    })
    expect([...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]).toEqual(packs)
    const { findings } = await repository.check({ level: 2 })
    expect(findings.map(({ object }) => object).sort()).toEqual([
      'gc/sweep/00000001',
      'gc/verdict/00000001',
    ])
  })
})
