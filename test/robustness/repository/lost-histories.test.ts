import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type MemoryObjectStore, memoryObjectStore } from '#adapters/memory/object-store.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Point, Repository } from '#repository/index.ts'
import { emptyStore, newRepository, readAll, SMALL, VM } from '#test/support/repository/open.ts'
import { frozenClock } from '#test/support/repository/seeded.ts'
import { bytesOf, flipBit, keysOf } from '#test/support/repository/tamper.ts'

/*
 * Motivation: references are counted, not walked, and damage takes away what the counting rests on. A point that names a pack too few is lost as
 * soon as nothing else needs that pack, long after everybody has forgotten the damage.
 *
 * Steps: rounds of damage (bits turned, packs removed), a check, and an increment that writes what it likes and what it is asked for again;
 * few different contents, so that the same chunk is in several places and packs.
 *
 * Passes when each new point can be restored from nothing but its own packs, and no point ever gives out wrong bytes.
 */

const CHUNK = 64 * 1024
const CHUNKS = 10
const tuning = { ...SMALL, packTarget: 3 * CHUNK, segment: 4 * CHUNK }

const round = fc.record({
  /** which object below packs/ and meta/, what to do to it */
  harm: fc.array(
    fc.record({ object: fc.nat(), at: fc.nat(), gone: fc.boolean(), meta: fc.nat(9) }),
    { maxLength: 3 },
  ),
  level: fc.constantFrom(0, 1, 2, 2),
  /** chunk to content */
  writes: fc.array(fc.tuple(fc.nat(CHUNKS - 1), fc.nat(5)), { maxLength: 4 }),
  fromOlder: fc.boolean(),
  segments: fc.boolean(),
})

/** Only what the point names: its record, its packs, keys and bootstrap. */
const alone = (store: MemoryObjectStore, point: Point): MemoryObjectStore => {
  const own = memoryObjectStore({ clock: frozenClock() })
  for (const [key, object] of store.objects)
    if (/^(repo|keys)\//.test(key) || key === point.key || point.packs.has(key.slice(-26)))
      own.objects.set(key, object)
  return own
}

const read = (repository: Repository, point: Point) => readAll(repository.readDisk(point, 'a'))

test('whatever is damaged between them, new points are whole by their own packs alone', async () => {
  let reread = 0
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 2, maxLength: 6 }), async rounds => {
      const store = emptyStore()
      const made = await newRepository(store, { tuning, seed: 99 })
      const contents = Array.from({ length: 6 }, (_, i) =>
        i === 0 ? Buffer.alloc(CHUNK) : Buffer.from(made.random.bytes(CHUNK)),
      )
      const images = new Map<string, Buffer>()
      const points: Point[] = []
      let image = Buffer.alloc(CHUNKS * CHUNK)
      for (const [i, { harm, level, writes, fromOlder, segments }] of rounds.entries()) {
        for (const { object, at, gone, meta } of harm) {
          const keys = keysOf(store, meta === 0 ? 'meta/' : 'packs/')
          const key = keys[object % Math.max(1, keys.length)]
          if (key === undefined) continue
          if (gone) store.objects.delete(key)
          else flipBit(store, key, at % bytesOf(store, key).length, at % 8)
        }
        if (!segments) for (const key of keysOf(store, 'index/')) store.objects.delete(key)
        // What nobody has looked for cannot be known: the checks here look at everything that was harmed.
        const checker = await made.reopen({ tuning })
        await checker.check({
          level: harm.length > 0 && !harm.every(({ gone }) => gone) ? 2 : (level as 0 | 1 | 2),
        })
        await checker.close()

        const base = fromOlder ? points.at(-2) : points.at(-1)
        image = Buffer.from((base && images.get(base.id)) ?? Buffer.alloc(CHUNKS * CHUNK))
        for (const [chunk, content] of writes) contents[content]?.copy(image, chunk * CHUNK)
        const agent = await made.reopen({ tuning })
        const jobId = made.jobId()
        const begin = (from: Point | undefined) =>
          agent.beginPoint({ jobId, vmUuid: VM, base: from })
        // As the gateway does: a base that cannot be used is none.
        let used = base
        const writer = await begin(base).catch(error => {
          expect(asXenkeepError(error).code).toMatch(/^(OBJECT_|CHUNK_)/)
          used = undefined
          return begin(undefined)
        })
        const again = used ? await writer.rereads('a') : 'all'
        const keep = again !== 'all'
        const wanted = new Set(writes.map(([chunk]) => chunk))
        const stretches = again === 'all' ? [{ offset: 0, length: image.length }] : again
        for (const { offset, length } of stretches)
          for (let at = offset; at < offset + length; at += CHUNK) wanted.add(at / CHUNK)
        if (keep && again.length > 0) reread++
        const disk = await writer.disk({ diskId: 'a', size: image.length, chunkSize: CHUNK, keep })
        for (const chunk of wanted)
          await disk.write(
            chunk * CHUNK,
            Buffer.from(image.subarray(chunk * CHUNK, (chunk + 1) * CHUNK)),
          )
        await disk.finish()
        const point = await writer.commit({ round: i })
        images.set(point.id, image)
        points.push(point)
        await agent.close()

        const reader = await made.reopen({ store: alone(store, point), tuning })
        expect((await read(reader, point)).equals(image)).toBe(true)
        await reader.close()
        const judge = await made.reopen({ tuning })
        for (const each of points)
          try {
            expect((await read(judge, each)).equals(images.get(each.id) as Buffer)).toBe(true)
          } catch (error) {
            expect(asXenkeepError(error).code).toMatch(/^(OBJECT_|CHUNK_)/)
          }
        await judge.close()
      }
      await made.repository.close()
    }),
    { numRuns: 15 },
  )
  expect(reread).toBeGreaterThan(3)
}, 60_000)
