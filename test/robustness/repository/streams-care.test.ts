import { describe, expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { faulty } from '#adapters/wrap/faulty-object-store.ts'
import { StoreDeniedError, StoreUnavailableError } from '#core/errors/store.ts'
import { FOOTER_SIZE } from '#repository/format/footer.ts'
import { recordSize } from '#repository/format/record.ts'
import { SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import { newRepository, VM } from '#test/support/repository/open.ts'
import {
  DAY,
  inParts,
  keepParts,
  PART,
  PARTS,
  pointWithStreams,
  read,
} from '#test/support/repository/point-with-streams.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { backUpStreams } from '#test/support/repository/streams.ts'
import { bytesOf, copyOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

/** Where the record of a part begins in the data pack: random parts are stored raw. */
const startOf = (part: number) => SESSION_ENTRY_SIZE + part * recordSize(PART)

describe('a turned bit', () => {
  test('in a chunk is told by stream and offset; what lies before it is given out', async () => {
    const { store, dataPack, point, content, entries, fresh } = await pointWithStreams()
    flipBit(store, dataPack, startOf(2) + 500)
    const repository = await fresh()
    const strikes = { vmUuid: VM, pointId: point.id, streamId: 'etc/content' }
    for (const level of [2, 2] as const)
      expect((await repository.check({ level })).findings).toMatchObject([
        {
          code: 'OBJECT_DAMAGED',
          object: dataPack,
          affected: [{ ...strikes, offset: 2 * PART, length: PART }],
        },
      ])
    const got: Uint8Array[] = []
    const reading = async () => {
      for await (const piece of repository.readStream(point, 'etc/content')) got.push(piece)
    }
    await expect(reading()).rejects.toMatchObject({
      code: 'OBJECT_DAMAGED',
      message: `The object "${dataPack}" is damaged: the record at byte ${startOf(2)}: the checksum of a record is wrong (VM ${VM}, point ${point.id}, stream etc/content, offset ${2 * PART}).`,
      place: { ...strikes, offset: 2 * PART },
    })
    expect(Buffer.concat(got).equals(content.subarray(0, 2 * PART))).toBe(true)
    const opened = await repository.openStream(point, 'etc/content')
    expect(
      Buffer.from(await opened.read(4 * PART, PART)).equals(content.subarray(4 * PART, 5 * PART)),
    ).toBe(true)
    await expect(opened.read(2 * PART + 1, 1)).rejects.toMatchObject({ place: strikes })
    await opened.close()
    expect((await read(repository, point, 'etc/entries')).equals(entries)).toBe(true)
    await repository.close()
  })

  test('anywhere in the metadata is found by the check, and nothing wrong is given out', async () => {
    const made = await pointWithStreams()
    const { store, metaPack, point, content, entries, fresh } = made
    const size = bytesOf(store, metaPack).length - FOOTER_SIZE
    for (let at = 3; at < size; at += 97) {
      const copy = copyOf(store, memoryObjectStore({ clock: frozenClock() }))
      flipBit(copy, metaPack, at, at % 8)
      const repository = await fresh(copy)
      const report = await repository.check({ level: 2 })
      expect(report.findings.length).toBeGreaterThan(0)
      expect(report.findings.every(({ object }) => object === metaPack)).toBe(true)
      for (const [id, bytes] of [
        ['etc/content', content],
        ['etc/entries', entries],
      ] as const) {
        const found = await read(repository, point, id).catch(error => error.code as string)
        if (typeof found === 'string')
          expect(found).toMatch(/^(OBJECT_DAMAGED|OBJECT_NOT_AUTHENTIC|CHUNK_MISSING)$/)
        else expect(found.equals(bytes)).toBe(true)
      }
      await repository.close()
    }
  })
})

test('what a check found lost is not kept; given again, it heals the older point too', async () => {
  const { store, dataPack, point, content, jobId, fresh } = await pointWithStreams()
  flipBit(store, dataPack, startOf(2) + 500)
  const checker = await fresh()
  await checker.check({ level: 2 })
  await checker.close()
  const repository = await fresh()
  const given: number[] = []
  const next = await backUpStreams(repository, {
    jobId: jobId(),
    base: point,
    streams: { 'etc/content': keepParts(content, content, given) },
  })
  expect(given).toEqual([2])
  expect((await read(repository, next.point)).equals(content)).toBe(true)
  expect((await read(repository, point)).equals(content)).toBe(true)
  await repository.close()
})

test('a base whose map is lost keeps nothing, and that costs reading, not the point', async () => {
  const { store, metaPack, point, content, jobId, fresh } = await pointWithStreams()
  store.objects.delete(metaPack)
  const checker = await fresh()
  expect((await checker.check({ level: 2 })).findings).toMatchObject([{ object: metaPack }])
  await checker.close()
  const repository = await fresh()
  const given: number[] = []
  const next = await backUpStreams(repository, {
    jobId: jobId(),
    base: point,
    streams: { 'etc/content': keepParts(content, content, given) },
  })
  expect(given).toHaveLength(PARTS)
  expect((await read(repository, next.point)).equals(content)).toBe(true)
  expect(next.point.packs.has(metaPack.slice(-26))).toBe(false)
  await repository.close()
})

test('what no stream needs any more is collected, a pack of which little is needed rewritten', async () => {
  const world = await pointWithStreams()
  const { repository, store, point, content, random, jobId, pass, collectAll, dataPack, fresh } =
    world
  const changed = Buffer.from(content)
  changed.set(random.bytes(5 * PART), 0)
  const { point: second } = await backUpStreams(repository, {
    jobId: jobId(),
    base: point,
    streams: { 'etc/content': keepParts(changed, content) },
  })
  expect([...(second.streams[0]?.packs ?? [])].length).toBeGreaterThan(1)
  await repository.removePoint(point, store)
  pass(4)
  const reports = await collectAll()
  expect(reports[0]?.rewritten).toMatchObject({ packs: expect.toSatisfy((n: number) => n >= 1) })
  expect(keysOf(store, 'packs/')).not.toContain(dataPack)
  const reader = await fresh()
  const again = await reader.readPoint(second)
  expect((await read(reader, again)).equals(changed)).toBe(true)
  expect((await reader.check({ level: 2 })).findings).toEqual([])
  // And goes on: an increment keeps what lies in the new pack.
  const given: number[] = []
  const { point: third } = await backUpStreams(reader, {
    jobId: jobId(),
    base: again,
    streams: { 'etc/content': keepParts(changed, changed, given) },
  })
  expect(given).toEqual([])
  expect(third.streams[0]?.rootHash).toBe(second.streams[0]?.rootHash)
  await reader.removePoint(second, store)
  pass(4)
  await collectAll(reader)
  expect((await read(reader, await reader.readPoint(third))).equals(changed)).toBe(true)
  await reader.close()
})

test('a replica promises a stream only when all of it is there', async () => {
  const { repository, store, point } = await pointWithStreams()
  for (const key of keysOf(store, '')) {
    const replica = copyOf(store, memoryObjectStore({ clock: frozenClock() }))
    replica.objects.delete(key)
    const report = await repository.checkReplica({ replica })
    const needed = /^(packs|meta|points)\//.test(key)
    expect(report.restorable, key).toBe(needed ? 0 : 1)
    if (/^(packs|meta)\//.test(key))
      expect(report.points).toMatchObject([{ id: point.id, state: 'incomplete', missing: [key] }])
  }
  await repository.close()
})

test('damage is healed from a replica', async () => {
  const { store, point, content, dataPack, metaPack, fresh } = await pointWithStreams()
  const replica = copyOf(store, memoryObjectStore({ clock: frozenClock() }))
  flipBit(store, dataPack, startOf(1) + 60)
  flipBit(store, metaPack, SESSION_ENTRY_SIZE + 60)
  const repository = await fresh()
  const objects = (await repository.check({ level: 2 })).findings.map(({ object }) => object)
  expect(new Set(objects)).toEqual(new Set([dataPack, metaPack]))
  await repository.heal({ store, replica, objects })
  await repository.close()
  const again = await fresh()
  expect((await again.check({ level: 2 })).findings).toEqual([])
  expect((await read(again, point)).equals(content)).toBe(true)
  await again.close()
})

test('a locked point locks all that its streams need, kept or given, and the feature too', async () => {
  const { repository, store, point, content, random, jobId, time } = await pointWithStreams()
  const changed = Buffer.from(content)
  changed.set(random.bytes(PART), 0)
  const lock = { mode: 'governance' as const, days: 30 }
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base: point, lock })
  const stream = await writer.stream({ streamId: 'etc/content', keep: 'etc/content' })
  await keepParts(changed, content)(stream)
  await stream.finish()
  const locked = await writer.commit({})
  expect((await repository.lockedUntil(locked)).until).toBeGreaterThanOrEqual(time.time + 30 * DAY)
  for (const { ulid } of locked.packs.values()) {
    const [key] = keysOf(store, '').filter(
      name => name.endsWith(ulid) && /^(packs|meta)\//.test(name),
    )
    expect((await store.retention(key as string))?.until).toBeGreaterThan(time.time + 30 * DAY)
  }
  expect((await store.retention('repo/00000002'))?.until).toBeGreaterThan(time.time + 30 * DAY)
  await repository.close()
})

describe('a session that may not write below repo/', () => {
  const refusing = (store: ReturnType<typeof memoryObjectStore>) =>
    faulty(store, [
      {
        on: 'put',
        key: /^repo\//,
        times: Number.POSITIVE_INFINITY,
        before: () => {
          throw new StoreDeniedError('write "repo/00000002"')
        },
      },
    ])

  test('does not begin the first stream, and says what to do', async () => {
    const store = memoryObjectStore({ clock: frozenClock() })
    const { reopen, jobId } = await newRepository(store)
    const repository = await reopen({ store: refusing(store) })
    const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
    await expect(writer.stream({ streamId: 'a' })).rejects.toMatchObject({
      code: 'FEATURE_NOT_ENABLED',
      message: `The repository at ${store.address} is not open for "streams" yet, and this session may not open it.`,
      advice: expect.stringContaining('xenkeep repo enable streams'),
    })
    await repository.close()
  })

  test('writes streams where the owner has opened it', async () => {
    const { store, fresh, jobId, content } = await pointWithStreams()
    const repository = await fresh(refusing(store))
    const streams = { a: inParts(content) }
    const { point } = await backUpStreams(repository, { jobId: jobId(), streams })
    expect((await read(repository, point, 'a')).equals(content)).toBe(true)
    await repository.close()
  })
})

test('a job that is cut off and run again sends nothing twice, though it reads all of it', async () => {
  const store = memoryObjectStore({ clock: frozenClock() })
  const tuning = { packTarget: 4 * PART, checkpointBytes: 4 * PART, chunksAtWork: 1 }
  const { reopen, jobId, random } = await newRepository(store, { tuning })
  const content = Buffer.from(random.bytes(40 * PART))
  const job = jobId()
  const dying = faulty(store, [
    {
      on: 'put',
      key: /^meta\//,
      times: Number.POSITIVE_INFINITY,
      before: () => {
        throw new StoreUnavailableError('answer: the connection was cut')
      },
    },
  ])
  const first = await reopen({ store: dying, tuning })
  const writing = backUpStreams(first, { jobId: job, streams: { a: inParts(content) } })
  await expect(writing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await first.close()
  expect(keysOf(store, 'parts/').length).toBeGreaterThan(2)
  const second = await reopen({ tuning })
  const { point, statistics } = await backUpStreams(second, {
    jobId: job,
    streams: { a: inParts(content) },
  })
  expect(statistics.changedBytes).toBe(40 * PART)
  expect(statistics.newBytes).toBeLessThanOrEqual(8 * PART)
  expect((await read(second, point, 'a')).equals(content)).toBe(true)
  await second.close()
})

test('damage of the base that nobody has told of yet ends the job: half a range is never taken for the whole', async () => {
  const made = await pointWithStreams()
  const { store, random, jobId, fresh } = made
  // 1,100 chunks: more than one page of the map.
  const content = Buffer.from(random.bytes(1100 * 64))
  const first = await fresh()
  const { point } = await backUpStreams(first, {
    jobId: jobId(),
    streams: {
      a: async stream => {
        for (let at = 0; at < content.length; at += 64) {
          await stream.write(content.subarray(at, at + 64))
          await stream.cut()
        }
      },
    },
  })
  const meta = [...point.packs.values()].find(({ kind }) => kind === 'meta')
  const key = keysOf(store, 'meta/').find(name => name.endsWith(meta?.ulid as string)) as string
  // Pages come in their order: the damage is in the second record, between a first page that is whole and the last.
  const pages = (bytesOf(store, key).length - FOOTER_SIZE) >> 1
  flipBit(store, key, pages)
  const repository = await fresh()
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base: point })
  const stream = await writer.stream({ streamId: 'a', keep: 'a' })
  expect(await stream.keep(0, -64)).toBe(false)
  const damage = { code: 'OBJECT_DAMAGED', place: { streamId: 'a', pointId: point.id } }
  await expect(stream.keep(0, content.length)).rejects.toMatchObject(damage)
  await expect(stream.write(content)).rejects.toMatchObject({ code: 'OBJECT_DAMAGED' })
  await repository.close()
  await first.close()
})
