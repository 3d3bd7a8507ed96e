import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { LockMode } from '#core/ports.ts'
import { fulfils } from '#core/retention.ts'
import { newRepository, OTHER_VM, VM } from '#test/support/repository/open.ts'
import { frozenClock, seededRandom } from '#test/support/repository/seeded.ts'

const CHUNK = 64 * 1024
const DAY = 86_400_000 // ms
const SEEDS = [1, 2, 3, 4, 5, 6]
const CHUNKS = new Map(SEEDS.map(seed => [seed, seededRandom(seed).bytes(CHUNK)]))

/**
 * Motivation: packs are shared by points with different policies, over months, by agents with any clock. Steps: random points
 * with random chunks out of six, random waits, a random error of the agent's clock. Pass: after each commit the point is locked at
 * least as long as its policy says by the store's time, no lock of any object ever became shorter, and each object was locked
 * at most once per point.
 */
test.each(['governance', 'compliance'] as LockMode[])(
  'whatever points come and whatever the clocks say, locks are long enough and only grow (%s)',
  async mode => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 40 * 24 }), // hours
      skew: fc.integer({ min: -1000, max: 1000 }), // days
      days: fc.integer({ min: 1, max: 60 }),
      vmUuid: fc.constantFrom(VM, OTHER_VM),
      chunks: fc.array(fc.constantFrom(...SEEDS), { minLength: 1, maxLength: 6 }),
      incremental: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async steps => {
        const storeClock = frozenClock()
        const memory = memoryObjectStore({ clock: storeClock })
        const calls = new Map<string, number>()
        const { retain } = memory
        memory.retain = (key, until, asked) => {
          calls.set(key, (calls.get(key) ?? 0) + 1)
          return retain(key, until, asked)
        }
        const { repository, jobId, clock } = await newRepository(memory)
        const before = new Map<string, number>()
        for (const { wait, skew, days, vmUuid, chunks, incremental } of steps) {
          storeClock.time += wait * 3_600_000
          clock.time = storeClock.time + skew * DAY
          calls.clear()
          const base = incremental ? await repository.latestPoint(vmUuid) : undefined
          const lock = { mode, days }
          const writer = await repository.beginPoint({ jobId: jobId(), vmUuid, base, lock })
          const size = 6 * CHUNK
          const keep = base !== undefined
          const disk = await writer.disk({ diskId: 'a', size, chunkSize: CHUNK, keep })
          for (const [i, seed] of chunks.entries())
            await disk.write(i * CHUNK, Buffer.from(CHUNKS.get(seed) ?? []))
          await disk.finish()
          const point = await writer.commit(null)

          const found = await repository.lockedUntil(point)
          const required = { mode, until: storeClock.time + days * DAY }
          expect(fulfils({ mode, until: found.until ?? 0 }, required)).toBe(true)
          expect(found.mode).toBe(mode)
          expect(found.until).toBeLessThan(storeClock.time + (60 + 40 * 8 + 20) * DAY)
          for (const count of calls.values()) expect(count).toBe(1)
          for await (const { key } of memory.list('')) {
            const { until = 0 } = (await memory.retention(key)) ?? {}
            expect(until).toBeGreaterThanOrEqual(before.get(key) ?? 0)
            before.set(key, until)
          }
        }
        await repository.close()
      }),
      { numRuns: 25, seed: 20261122 },
    )
  },
)
