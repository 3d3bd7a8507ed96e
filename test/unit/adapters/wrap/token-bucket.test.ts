import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { pacedStore } from '#adapters/wrap/paced-object-store.ts'
import { createTokenBucket } from '#adapters/wrap/token-bucket.ts'

const SLICE = 64 * 1024

/** Time passes only in the sleep of the bucket. */
const bucketOf = (rateAt: (instant: number) => number | undefined) => {
  let now = 1_000_000
  const bucket = createTokenBucket({
    rateAt,
    clock: { now: () => now },
    sleep: async ms => {
      // Whoever was paid goes on before the time does.
      await new Promise(resolve => setImmediate(resolve))
      now += ms
    },
  })
  return { bucket, now: () => now }
}

test('over any time no more is paid than rate × time and what was saved up, also when the rate changes', async () => {
  const rate = fc.integer({ min: 70_000, max: 5_000_000 })
  const stream = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(stream, { minLength: 1, maxLength: 5 }),
      rate,
      rate,
      fc.integer({ min: 0, max: 5_000 }),
      async (streams, before, after, change) => {
        const start = 1_000_000
        const rateAt = (at: number) => (at < start + change ? before : after)
        const { bucket, now } = bucketOf(rateAt)
        const paid: { at: number; bytes: number }[] = []
        await Promise.all(
          streams.map(async pieces => {
            for (const bytes of pieces) {
              await bucket.take(bytes)
              paid.push({ at: now(), bytes })
            }
          }),
        )
        const earned = (until: number) =>
          (Math.min(until - start, change) * before + Math.max(0, until - start - change) * after) /
          1000
        let sum = 0
        for (const { at, bytes } of paid) {
          sum += bytes
          expect(sum).toBeLessThanOrEqual(earned(at) + Math.max(SLICE, before / 4, after / 4) + 1)
        }
        expect(sum).toBe(streams.flat().reduce((total, bytes) => total + bytes, 0))
      },
    ),
    { numRuns: 60 },
  )
})

test('a small one does not wait for a large one: they are paid in turn', async () => {
  const { bucket, now } = bucketOf(() => 1_000_000)
  const start = now()
  const large = bucket.take(20_000_000).then(() => now() - start)
  const small = bucket.take(100_000).then(() => now() - start)
  expect(await small).toBeLessThan(500)
  expect(await large).toBeGreaterThan(19_000)
})

test('a change of the plan is felt by those that wait', async () => {
  const { bucket, now } = bucketOf(at => (at < 1_003_000 ? 100_000 : undefined))
  await bucket.take(1_000_000_000)
  expect(now()).toBeLessThan(1_005_000)
})

test('without a limit nobody waits', async () => {
  const { bucket, now } = bucketOf(() => undefined)
  await bucket.take(1_000_000_000)
  expect(now()).toBe(1_000_000)
})

test('who gives up waiting is not paid, and the others go on', async () => {
  const { bucket } = bucketOf(() => 100_000)
  const stop = new AbortController()
  const given = bucket.take(1_000_000_000, stop.signal)
  const other = bucket.take(300_000)
  stop.abort(new Error('enough'))
  await expect(given).rejects.toThrow('enough')
  await other
})

test('a store pays for what it is sent, and not for what is read', async () => {
  const taken: number[] = []
  const store = pacedStore(memoryObjectStore(), { take: async bytes => void taken.push(bytes) })
  await store.put('a', [new Uint8Array(10), new Uint8Array(5)])
  expect(await store.get('a')).toHaveLength(15)
  expect(taken).toEqual([15])
})
