import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LockSupport, RetainingStore } from '#core/ports.ts'

export interface RetainingStoreUnderTest {
  /** Empty, and used by nobody else. */
  store: RetainingStore
  /** The store's own time, in milliseconds since 1970. */
  now: () => number
  close?: () => Promise<void>
}

const HOUR = 3_600_000 // ms

/**
 * What `RetainingStore` promises, on any adapter.
 * @param support what the store has to say of itself
 */
export const testRetainingStore = (
  name: string,
  support: LockSupport,
  open: () => Promise<RetainingStoreUnderTest>,
) =>
  describe(`retaining store: ${name}`, () => {
    let under: RetainingStoreUnderTest
    let store: RetainingStore
    const put = async (key: string) => {
      await store.put(key, [Buffer.from(key)])
      return key
    }
    /** Stores keep whole seconds. */
    const later = (hours: number) => begun + hours * HOUR
    let begun: number
    beforeAll(async () => {
      under = await open()
      store = under.store
      begun = Math.floor(under.now() / 1000) * 1000
    })
    afterAll(async () => under?.close?.())

    test('it says what it can', async () => {
      const { time, ...said } = await store.lockSupport()
      expect(said).toEqual(support)
      if (support.objectLock) expect(Math.abs((time ?? 0) - under.now())).toBeLessThan(5 * 60_000)
    })

    test('an object that nobody locked has no lock', async () => {
      expect(await store.retention(await put('none/a'))).toBeUndefined()
    })

    test('what is not there has no lock, and is told', async () => {
      const missing = {
        code: 'OBJECT_NOT_FOUND',
        message: 'The object store has no object "missing/a".',
      }
      await expect(store.retention('missing/a')).rejects.toMatchObject(missing)
      const refused = store.retain('missing/a', later(1), 'governance')
      // A store without locks may say either.
      const codes = ['OBJECT_NOT_FOUND', ...(support.objectLock ? [] : ['LOCK_UNSUPPORTED'])]
      expect(codes).toContain(await refused.catch(error => error.code))
      await expect(store.retention('a//b')).rejects.toMatchObject({ code: 'OBJECT_KEY_INVALID' })
    })

    test.skipIf(support.objectLock)('a lock is refused clearly', async () => {
      await put('unsupported/a')
      await expect(store.retain('unsupported/a', later(1), 'governance')).rejects.toMatchObject({
        code: 'LOCK_UNSUPPORTED',
        message: expect.stringContaining(`${store.address} cannot lock objects: `),
        retryable: false,
      })
      expect(await store.retention('unsupported/a')).toBeUndefined()
    })

    describe('locks', () => {
      const locking = test.skipIf(!support.objectLock)
      locking.each(['governance', 'compliance'] as const)(
        '%s is kept and read back',
        async mode => {
          const key = await put(`kept/${mode}`)
          await store.retain(key, later(1), mode)
          expect(await store.retention(key)).toEqual({ mode, until: later(1) })
        },
      )

      locking('a fraction of a second is rounded up', async () => {
        const key = await put('fraction/a')
        await store.retain(key, later(1) + 1, 'governance')
        const { until = 0 } = (await store.retention(key)) ?? {}
        expect(until).toBeGreaterThan(later(1))
        expect(until).toBeLessThanOrEqual(later(1) + 1000)
      })

      locking('a lock is extended, and never shortened', async () => {
        const key = await put('extend/a')
        for (const [asked, kept] of [
          [2, 2],
          [1, 2],
          [2, 2],
          [3, 3],
          [-1, 3],
        ] as const) {
          await store.retain(key, later(asked), 'governance')
          expect(await store.retention(key)).toEqual({ mode: 'governance', until: later(kept) })
        }
      })

      locking('compliance is never weakened', async () => {
        const key = await put('strict/a')
        await store.retain(key, later(3), 'compliance')
        await store.retain(key, later(4), 'governance')
        expect(await store.retention(key)).toEqual({ mode: 'compliance', until: later(4) })
        await store.retain(key, later(1), 'governance')
        expect(await store.retention(key)).toEqual({ mode: 'compliance', until: later(4) })
      })

      locking('governance is not raised to compliance', async () => {
        const key = await put('raise/a')
        await store.retain(key, later(2), 'governance')
        for (const hours of [1, 2, 3]) {
          await expect(store.retain(key, later(hours), 'compliance')).rejects.toMatchObject({
            code: 'LOCK_MODE_FIXED',
            message: `The object "${key}" is locked in governance mode, which cannot be raised to compliance.`,
          })
        }
        expect(await store.retention(key)).toEqual({ mode: 'governance', until: later(2) })
      })

      locking('an object may still be read', async () => {
        const key = await put('locked/a')
        await store.retain(key, later(1), 'compliance')
        expect(Buffer.from(await store.get(key)).toString()).toBe(key)
      })
    })
  })
