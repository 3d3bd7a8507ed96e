import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asOf } from '#adapters/wrap/as-of.ts'
import type { Point } from '#repository/index.ts'
import { DAY, PART, pointWithStreams, read } from '#test/support/repository/point-with-streams.ts'
import { backUpStreams, someBytes } from '#test/support/repository/streams.ts'
import { keysOf } from '#test/support/repository/tamper.ts'

/** A part of the next stream: one of the base, taken over; or new bytes, some of which came before. */
const part = fc.oneof(
  { weight: 3, arbitrary: fc.record({ keep: fc.nat(8) }) },
  { weight: 1, arbitrary: fc.record({ seed: fc.integer({ min: 1, max: 12 }) }) },
)
const round = fc.record({
  parts: fc.array(part, { minLength: 1, maxLength: 9 }),
  /** points to delete before it, by their age */
  deleted: fc.array(fc.nat(3), { maxLength: 2 }),
  collect: fc.boolean(),
})

/**
 * Motivation: a stream counts what it keeps by what it dropped, chunks come twice and in any order, packs die and are rewritten. Steps: points
 * that keep some parts of the last one and bring others, while older ones are deleted and garbage is collected. Pass: every point that is
 * left is read as it was by somebody with an empty table, no check finds anything, and packs that nothing needs are gone in the end.
 */
test('whatever is kept, deleted and collected, every point that is left is whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async rounds => {
      const world = await pointWithStreams()
      const { repository, store, jobId, pass, fresh } = world
      let points = [{ point: world.point, content: world.content }]
      for (const { parts, deleted, collect } of rounds) {
        for (const age of deleted) {
          const old = points.length > 1 ? points[age % (points.length - 1)] : undefined
          if (!old) continue
          await repository.removePoint(old.point, store)
          points = points.filter(each => each !== old)
        }
        if (collect) {
          pass(4)
          await repository.collectGarbage({ store })
        }
        const last = points.at(-1) as { point: Point; content: Buffer }
        const base = await repository.readPoint(last.point)
        const model: Buffer[] = []
        const { point } = await backUpStreams(repository, {
          jobId: jobId(),
          base,
          streams: {
            'etc/content': async stream => {
              for (const each of parts) {
                const count = last.content.length / PART
                const at = ('keep' in each ? each.keep % count : 0) * PART
                const bytes =
                  'keep' in each ? last.content.subarray(at, at + PART) : someBytes(each.seed, PART)
                if ('keep' in each) expect(await stream.keep(at, PART)).toBe(true)
                else {
                  await stream.cut()
                  await stream.write(bytes)
                }
                model.push(bytes)
              }
            },
          },
        })
        points.push({ point, content: Buffer.concat(model) })
      }
      for (let i = 0; i < 4; i++) {
        pass(4)
        await repository.collectGarbage({ store })
      }
      const reader = await fresh()
      const refs = await Array.fromAsync(reader.points()) // learns what was rewritten
      expect(refs.map(({ id }) => id).sort()).toEqual(points.map(({ point }) => point.id).sort())
      const needed = new Set<string>()
      for (const { point, content } of points) {
        const now = await reader.readPoint(point)
        for (const ulid of now.packs.keys()) needed.add(ulid)
        expect((await read(reader, now)).equals(content)).toBe(true)
      }
      expect((await reader.check({ level: 2 })).findings).toEqual([])
      const packs = [...keysOf(store, 'packs/'), ...keysOf(store, 'meta/')]
      expect(packs.map(key => key.slice(-26)).sort()).toEqual([...needed].sort())
      await reader.close()
      await repository.close()
    }),
    { numRuns: 20 },
  )
}, 60_000)

test('a repository is read as it was before somebody hid all of a point with streams', async () => {
  const { repository, store, point, content, time, reopen } = await pointWithStreams()
  const before = time.time
  time.time += DAY
  for (const key of keysOf(store, '')) if (!key.startsWith('keys/')) store.hide(key)
  const then = await reopen({ store: asOf(store, before) })
  expect((await read(then, await then.readPoint(point))).equals(content)).toBe(true)
  await then.close()
  await repository.close()
})
