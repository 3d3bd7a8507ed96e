import { expect, test } from 'vitest'
import { recordSize } from '#repository/format/record.ts'
import { SESSION_ENTRY_SIZE } from '#repository/format/session-entry.ts'
import type { Point } from '#repository/point.ts'
import type { Repository } from '#repository/repository.ts'
import { backUp, emptyStore, newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { flipBit, keysOf } from '#test/support/repository/tamper.ts'

const CHUNK = 64 * 1024
const CHUNKS = 6
/** Record k of the first pack is chunk k; random, so all of one size. */
const tuning = { chunksAtWork: 1, segment: 2 * CHUNK }
const inChunk = (chunk: number) => SESSION_ENTRY_SIZE + chunk * recordSize(CHUNK) + 500
const stretch = (chunk: number, chunks = 1) => ({ offset: chunk * CHUNK, length: chunks * CHUNK })

const setUp = async () => {
  const store = emptyStore()
  const made = await newRepository(store, { tuning })
  const image = Buffer.from(made.random.bytes(CHUNKS * CHUNK))
  const { point } = await backUp(made.repository, {
    jobId: made.jobId(),
    disks: [{ diskId: 'a', image }],
  })
  const keyOf = (kind: string) => {
    const pack = [...point.packs.values()].find(ref => ref.kind === kind)
    return keysOf(store, '').find(key => key.endsWith(pack?.ulid as string)) as string
  }
  /** What is left to somebody who comes with an empty table. */
  const fresh = () => made.reopen({ tuning })
  return { ...made, store, image, point, dataPack: keyOf('data'), metaPack: keyOf('meta'), fresh }
}
type World = Awaited<ReturnType<typeof setUp>>

/** An increment that writes `chunks` of `image` and whatever the engine asks for again. */
const increment = async (
  { jobId }: World,
  repository: Repository,
  {
    base,
    image,
    chunks,
    obey = true,
  }: { base: Point; image: Buffer; chunks: number[]; obey?: boolean },
) => {
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM, base })
  const again = await writer.rereads('a')
  const keep = again !== 'all'
  const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep })
  const wanted = new Set(chunks)
  const stretches = again === 'all' ? [stretch(0, CHUNKS)] : again
  if (obey)
    for (const { offset, length } of stretches)
      for (let at = offset; at < offset + length; at += CHUNK) wanted.add(at / CHUNK)
  for (const chunk of wanted)
    await disk.write(chunk * CHUNK, Buffer.from(image.subarray(chunk * CHUNK, (chunk + 1) * CHUNK)))
  await disk.finish()
  return { point: await writer.commit(null), again }
}

const read = async (repository: Repository, point: Point) =>
  readAll(repository.readDisk(point, 'a'))

test('a chunk that a check found damaged is read again, and heals every point with the same content', async () => {
  const world = await setUp()
  const { store, image, point, dataPack, fresh } = world
  flipBit(store, dataPack, inChunk(3))
  const checker = await fresh()
  expect((await checker.check({ level: 2 })).findings).toMatchObject([
    { affected: [{ pointId: point.id, ...stretch(3) }] },
  ])
  expect(keysOf(store, 'lost/')).toHaveLength(1)

  const agent = await fresh()
  const next = await increment(world, agent, { base: point, image, chunks: [0] })
  expect(next.again).toEqual([stretch(3)])
  const reader = await fresh()
  expect((await read(reader, next.point)).equals(image)).toBe(true)
  expect((await read(reader, point)).equals(image)).toBe(true)
  // The bad record is still there, and nothing needs it.
  expect((await reader.check({ level: 2 })).findings).toMatchObject([
    { object: dataPack, affected: [] },
  ])
  const third = await increment(world, await fresh(), { base: next.point, image, chunks: [1] })
  expect(third.again).toEqual([])
})

test('where the content has changed since, the new point is whole and the old one says where it is not', async () => {
  const world = await setUp()
  const { store, image, point, dataPack, fresh, random } = world
  flipBit(store, dataPack, inChunk(3))
  flipBit(store, dataPack, inChunk(5))
  await (await fresh()).check({ level: 2 })
  const later = Buffer.from(image)
  later.set(random.bytes(CHUNK), 3 * CHUNK)
  const next = await increment(world, await fresh(), { base: point, image: later, chunks: [] })
  expect(next.again).toEqual([stretch(3), stretch(5)])
  const reader = await fresh()
  expect((await read(reader, next.point)).equals(later)).toBe(true)
  await expect(read(reader, point)).rejects.toMatchObject({
    code: 'OBJECT_DAMAGED',
    place: { vmUuid: VM, pointId: point.id, diskId: 'a', offset: 3 * CHUNK },
  })
  const { findings } = await reader.check({ level: 2 })
  expect(findings.flatMap(({ affected }) => affected)).toEqual([
    { vmUuid: VM, pointId: point.id, diskId: 'a', ...stretch(3) },
  ])
})

test('a pack that is gone is not named by the next point, which has everything again', async () => {
  const world = await setUp()
  const { store, image, point, dataPack, fresh } = world
  store.objects.delete(dataPack)
  await (await fresh()).check({ level: 0 })
  const next = await increment(world, await fresh(), { base: point, image, chunks: [2] })
  expect(next.again).toEqual([stretch(0, CHUNKS)])
  expect([...next.point.packs.keys()]).not.toContain(dataPack.slice(-26))
  const reader = await fresh()
  for (const each of [next.point, point])
    expect((await read(reader, each)).equals(image)).toBe(true)
  expect((await reader.check({ level: 2 })).findings).toMatchObject([{ affected: [] }])
})

test('without its map a disk is read in full', async () => {
  const world = await setUp()
  const { store, image, point, metaPack, fresh } = world
  flipBit(store, metaPack, SESSION_ENTRY_SIZE + 100)
  await (await fresh()).check({ level: 1 })
  const next = await increment(world, await fresh(), { base: point, image, chunks: [] })
  expect(next.again).toBe('all')
  const reader = await fresh()
  for (const each of [next.point, point])
    expect((await read(reader, each)).equals(image)).toBe(true)
})

test('who does not read again makes no point', async () => {
  const world = await setUp()
  const { store, image, point, dataPack, fresh } = world
  flipBit(store, dataPack, inChunk(3))
  await (await fresh()).check({ level: 2 })
  const work = increment(world, await fresh(), { base: point, image, chunks: [0], obey: false })
  await expect(work).rejects.toMatchObject({
    code: 'CHUNK_MISSING',
    place: { vmUuid: VM, pointId: point.id, diskId: 'a', offset: 3 * CHUNK },
  })
})

test('a pack that was put back is forgiven by the next check that reads it', async () => {
  const world = await setUp()
  const { store, image, point, dataPack, fresh } = world
  const whole = store.objects.get(dataPack)
  flipBit(store, dataPack, inChunk(3))
  await (await fresh()).check({ level: 2 })
  if (whole) store.objects.set(dataPack, whole)
  const [list] = keysOf(store, 'lost/')
  const again = await (await fresh()).check({ level: 2, maintenance: store })
  expect(again.findings).toEqual([])
  expect(keysOf(store, 'lost/')).not.toContain(list)
  const next = await increment(world, await fresh(), { base: point, image, chunks: [0] })
  expect(next.again).toEqual([])
})
