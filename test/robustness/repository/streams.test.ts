import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Point, StreamWriter } from '#repository/index.ts'
import { emptyStore, newRepository, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import { backUpStreams, below, readWhole, someBytes } from '#test/support/repository/streams.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

const KiB = 1024
const MiB = 1024 * KiB

const sized = fc.integer({ min: 0, max: 700 * KiB })
const step = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    seed: fc.integer({ min: 1, max: 40 }),
    size: sized,
  }),
  fc.record({ do: fc.constant('cut' as const) }),
  fc.record({
    do: fc.constant('keep' as const),
    from: fc.nat(60),
    chunks: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ do: fc.constant('keep-oddly' as const), offset: fc.nat(MiB), size: sized }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Where chunks of the last point's stream begin and end, as the model sees it: by reading piece by piece. */
const boundaries = async (pieces: AsyncIterable<Uint8Array>): Promise<number[]> => {
  const places = [0]
  for await (const piece of pieces) places.push((places.at(-1) as number) + piece.length)
  return places
}

test('whatever is written, cut and kept, point after point, comes back as in a plain array', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      async (seed, rounds) => {
        const store = emptyStore()
        const { repository, jobId, reopen } = await newRepository(store, { seed })
        const written: { point: Point; content: Buffer }[] = []
        for (const steps of rounds) {
          const base = written.at(-1)
          const places = base ? await boundaries(repository.readStream(base.point, 'a')) : [0]
          const model: Buffer[] = []
          const perform = async (stream: StreamWriter, each: Step) => {
            if (each.do === 'cut') await stream.cut()
            if (each.do === 'write') {
              const bytes = someBytes(each.seed, each.size)
              await stream.write(bytes)
              model.push(Buffer.from(bytes))
              bytes.fill(0xee) // ours again
            }
            if (each.do === 'keep') {
              const offset = places[each.from % places.length] as number
              const end = places[
                Math.min((each.from % places.length) + each.chunks, places.length - 1)
              ] as number
              expect(await stream.keep(offset, end - offset)).toBe(true)
              if (base) model.push(base.content.subarray(offset, end))
            }
            if (each.do === 'keep-oddly') {
              const { offset, size } = each
              const fits = places.includes(offset) && places.includes(offset + size)
              const kept = await stream.keep(offset, size)
              expect(kept).toBe(size === 0 || fits)
              if (kept && base) model.push(base.content.subarray(offset, offset + size))
            }
          }
          const { point } = await backUpStreams(repository, {
            jobId: jobId(),
            ...(base && { base: base.point }),
            streams: {
              a: async stream => {
                for (const each of steps) await perform(stream, each)
                expect(stream.position).toBe(Buffer.concat(model).length)
              },
            },
          })
          written.push({ point, content: Buffer.concat(model) })
        }
        const again = await reopen()
        for (const { point, content } of written) {
          expect((await readWhole(again.readStream(point, 'a'))).equals(content)).toBe(true)
          expect(point.streams).toMatchObject([{ id: 'a', size: content.length }])
        }
        expect((await again.check({ level: 2 })).findings).toEqual([])
        await again.close()
        await repository.close()
      },
    ),
    { numRuns: 25 },
  )
}, 60_000)

test('any range is read, from start to end and at any place', async () => {
  const { repository, jobId } = await newRepository(emptyStore(), { seed: 5 })
  const content = someBytes(1, 5 * MiB + 17)
  const { point } = await backUpStreams(repository, { jobId: jobId(), streams: { a: content } })
  const random = seededRandom(9)
  const opened = await repository.openStream(point, 'a')
  expect(opened.size).toBe(content.length)
  for (let i = 0; i < 60; i++) {
    const offset = below(random, content.length + 1)
    const length = below(random, Math.min(content.length - offset, MiB) + 1)
    const wanted = content.subarray(offset, offset + length)
    expect(Buffer.from(await opened.read(offset, length)).equals(wanted)).toBe(true)
    const read = await readWhole(
      repository.readStream(point, 'a', { offset, length, lent: i % 2 === 0 }),
    )
    expect(read.equals(wanted)).toBe(true)
  }
  await expect(opened.read(content.length, 1)).rejects.toThrow('lies outside')
  await opened.close()
  await expect(readWhole(repository.readStream(point, 'b'))).rejects.toMatchObject({
    code: 'STREAM_NOT_FOUND',
    message: `The recovery point ${point.id} has no stream "b".`,
  })
  await repository.close()
})

test('inserted bytes cost a few chunks and a page of the map, not the stream', async () => {
  const { repository, jobId } = await newRepository(emptyStore(), { seed: 6 })
  const content = someBytes(2, 24 * MiB)
  await backUpStreams(repository, { jobId: jobId(), streams: { a: content } })
  const moved = Buffer.concat([
    content.subarray(0, 9 * MiB),
    Buffer.from('inserted'),
    content.subarray(9 * MiB),
  ])
  const { point, statistics } = await backUpStreams(repository, {
    jobId: jobId(),
    streams: { a: moved },
  })
  expect(statistics.newBytes).toBeLessThan(2 * MiB)
  expect((await readWhole(repository.readStream(point, 'a'))).equals(moved)).toBe(true)
  await repository.close()
})

test('a repository holds nothing of streams until its first one, and is refused by name by who does not know them', async () => {
  const store = emptyStore()
  const { repository, jobId } = await newRepository(store, { seed: 7 })
  const before = new Map(
    [...store.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString('hex')]),
  )
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  await writer.abort()
  expect(
    new Map(
      [...store.objects].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString('hex')]),
    ),
  ).toEqual(before)
  expect(keysOf(store, 'repo/')).toEqual(['repo/00000001'])
  await backUpStreams(repository, { jobId: jobId(), streams: { a: new Uint8Array(0) } })
  await backUpStreams(repository, { jobId: jobId(), streams: { a: someBytes(1, 10) } })
  expect(keysOf(store, 'repo/')).toEqual(['repo/00000001', 'repo/00000002'])
  const { features } = JSON.parse(Buffer.from(await store.get('repo/00000002')).toString())
  expect(features).toEqual({ compatible: [], incompatible: ['streams'], readOnlyCompatible: [] })
  await repository.close()
})

test('thirty streams at once and a disk get along in a budget of 4 MiB, whoever writes when', async () => {
  const budgetBytes = 4 * MiB
  const { repository, jobId, random } = await newRepository(emptyStore(), { seed: 8, budgetBytes })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const ids = Array.from({ length: 30 }, (_, i) => `s${i}`)
  const contents = new Map(ids.map((id, i) => [id, someBytes(100 + i, 700 * KiB + i)]))
  const image = Buffer.from(random.bytes(4 * MiB))
  const disk = await writer.disk({ diskId: 'a', size: image.length, keep: false })
  const streams = await Promise.all(ids.map(streamId => writer.stream({ streamId })))
  const given = new Set<string>()
  const give = async (stream: StreamWriter, id: string) => {
    const content = contents.get(id) as Buffer
    const end = Math.min(content.length, stream.position + 50 * KiB + below(random, 90 * KiB))
    await stream.write(content.subarray(stream.position, end))
    if (stream.position === content.length) given.add(id)
  }
  // By turns, as a capture that writes two streams does; and the disk beside them.
  const turns = async () => {
    while (given.size < ids.length)
      for (const [i, stream] of streams.entries())
        if (!given.has(ids[i] as string)) await give(stream, ids[i] as string)
    for (const stream of streams) await stream.finish()
  }
  const disks = async () => {
    for (let at = 0; at < image.length; at += MiB)
      await disk.write(at, image.subarray(at, at + MiB))
    await disk.finish()
  }
  await Promise.all([turns(), disks()])
  const point = await writer.commit({})
  for (const [id, content] of contents)
    expect((await readWhole(repository.readStream(point, id))).equals(content)).toBe(true)
  expect((await repository.check({ level: 1 })).findings).toEqual([])
  await repository.close()
})

test('calls out of turn are refused, and change nothing', async () => {
  const { repository, jobId } = await newRepository(emptyStore(), { seed: 9 })
  const writer = await repository.beginPoint({ jobId: jobId(), vmUuid: VM })
  const stream = await writer.stream({ streamId: 'a' })
  const refused = (what: string) => ({
    code: 'INVALID_WRITE',
    message: expect.stringContaining(what),
  })
  await expect(writer.stream({ streamId: 'a' })).rejects.toMatchObject(
    refused('twice in one point'),
  )
  await expect(writer.stream({ streamId: '' })).rejects.toMatchObject(refused('1 to 512'))
  await expect(writer.stream({ streamId: 'b', keep: 'a' })).rejects.toMatchObject(
    refused('without a base'),
  )
  const content = someBytes(3, 2 * MiB)
  const writing = stream.write(content)
  await expect(stream.write(content)).rejects.toMatchObject(refused('before the call before it'))
  await writing
  expect(await stream.keep(0, 100)).toBe(false)
  await expect(writer.commit({})).rejects.toMatchObject(refused('stream "a" is not finished'))
  expect(await stream.finish()).toMatchObject({ size: content.length })
  await expect(stream.cut()).rejects.toMatchObject(refused('after its end was declared'))
  const point = await writer.commit({})
  expect((await readWhole(repository.readStream(point, 'a'))).equals(content)).toBe(true)
  await repository.close()
})
