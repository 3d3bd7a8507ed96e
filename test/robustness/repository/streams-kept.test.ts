import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import {
  inParts,
  keepParts,
  PARTS,
  pointWithStreams,
  read,
} from '#test/support/repository/point-with-streams.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { backUpStreams } from '#test/support/repository/streams.ts'
import { bytesOf, copyOf, keysOf } from '#test/support/repository/tamper.ts'

/**
 * Motivation: a point that keeps chunks of the one before stands on packs that its job never had in its hands. Steps: packs that are lost, cut short, missing in the replica
 * that took the repository's place, or collected while the job goes on. Pass: what is gone is not kept but given again, so that the new point is whole by a check that reads
 * everything; or the commit is refused. Never a point that is there and not whole.
 */
type World = Awaited<ReturnType<typeof pointWithStreams>>

/** @returns numbers of the parts that had to be given again */
const goOn = async ({ point, content, jobId, fresh }: World, store: MaintenanceStore) => {
  const repository = await fresh(store)
  const given: number[] = []
  const next = await backUpStreams(repository, {
    jobId: jobId(),
    base: point,
    streams: {
      'etc/content': keepParts(content, content, given),
      'etc/entries': inParts(content),
    },
  })
  await repository.close()
  // By somebody who knows nothing but the store.
  const reader = await fresh(store)
  const { findings } = await reader.check({ level: 2 })
  const struck = findings.flatMap(({ affected }) => affected.map(({ pointId }) => pointId))
  expect(struck).not.toContain(next.point.id)
  expect((await read(reader, await reader.readPoint(next.point))).equals(content)).toBe(true)
  await reader.close()
  return given
}

const ALL = Array.from({ length: PARTS }, (_, part) => part)

describe('packs of the base that nobody has missed yet', () => {
  test('gone from the store', async () => {
    const world = await pointWithStreams()
    world.store.objects.delete(world.dataPack)
    expect(await goOn(world, world.store)).toEqual(ALL)
  })

  test('cut short', async () => {
    const world = await pointWithStreams()
    const { store, dataPack } = world
    const object = store.objects.get(dataPack)
    if (object)
      store.objects.set(dataPack, { ...object, bytes: bytesOf(store, dataPack).subarray(0, 5000) })
    expect(await goOn(world, world.store)).toEqual(ALL)
  })

  test('not yet in the replica that stands in for the store', async () => {
    const world = await pointWithStreams()
    const replica = copyOf(world.store, memoryObjectStore({ clock: frozenClock() }))
    replica.objects.delete(world.dataPack)
    expect(await goOn(world, replica)).toEqual(ALL)
  })

  test('that hold the map of the stream alone', async () => {
    const world = await pointWithStreams()
    world.store.objects.delete(world.metaPack)
    expect(await goOn(world, world.store)).toEqual(ALL)
  })
})

test('a whole base is kept, in a replica as in the store', async () => {
  const world = await pointWithStreams()
  const replica = copyOf(world.store, memoryObjectStore({ clock: frozenClock() }))
  for (const store of [world.store, replica]) expect(await goOn(world, store)).toEqual([])
})

describe('a base that is deleted while the next point is written', () => {
  const begun = async () => {
    const world = await pointWithStreams()
    const { repository, point, content, jobId } = world
    const writer = await repository.beginPoint({
      jobId: jobId(),
      vmUuid: point.vmUuid,
      base: point,
    })
    const stream = await writer.stream({ streamId: 'etc/content', keep: 'etc/content' })
    await keepParts(content, content)(stream)
    await stream.finish()
    return { ...world, writer }
  }

  test('and collected to the end: the commit is refused', async () => {
    const { writer, repository, point, store, pass, collectAll, dataPack } = await begun()
    await repository.removePoint(point, store)
    pass(4)
    await collectAll()
    expect(keysOf(store, 'packs/')).not.toContain(dataPack)
    await expect(writer.commit({})).rejects.toMatchObject({ code: 'PACKS_CONDEMNED' })
    await writer.abort()
    expect(await Array.fromAsync(repository.points())).toEqual([])
  })

  test('and not collected yet: the point is whole, and stays so', async () => {
    const { writer, repository, point, content, store, pass, collectAll, fresh } = await begun()
    await repository.removePoint(point, store)
    pass(4)
    await repository.collectGarbage({ store })
    const made = await writer.commit({})
    await collectAll()
    const reader = await fresh()
    expect((await reader.check({ level: 2 })).findings).toEqual([])
    expect((await read(reader, await reader.readPoint(made))).equals(content)).toBe(true)
    await reader.close()
  })
})
