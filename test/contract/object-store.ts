import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ObjectStore, READ_SLACK } from '#core/ports.ts'
import { BufferPool } from '#repository/write/buffer-pool.ts'

export interface ObjectStoreUnderTest {
  store: ObjectStore
  /** @returns a second store on the same place, as another process would open it. */
  reopen: () => Promise<ObjectStore>
  close?: () => Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

const keysOf = async (store: ObjectStore, prefix: string, after?: string) =>
  (await Array.fromAsync(store.list(prefix, after === undefined ? {} : { after }))).map(o => o.key)

/**
 * What `ObjectStore` promises, on any adapter.
 * @param can what the place below can do. `refusesFolders`: S3 has no folders, so it cannot see `a` beside `a/b`
 */
export const testObjectStore = (
  name: string,
  open: () => Promise<ObjectStoreUnderTest>,
  can: { refusesFolders: boolean } = { refusesFolders: true },
) =>
  describe(`object store: ${name}`, () => {
    let under: ObjectStoreUnderTest
    let store: ObjectStore
    beforeAll(async () => {
      under = await open()
      store = under.store
    })
    afterAll(async () => under?.close?.())

    test('what was put is read back, whole, by anybody', async () => {
      await store.put('round/one', [bytes('ab'), new Uint8Array(0), bytes('c')])
      expect(text(await store.get('round/one'))).toBe('abc')
      const other = await under.reopen()
      expect(text(await other.get('round/one'))).toBe('abc')
    })

    test('an object may be empty', async () => {
      await store.put('empty/none', [])
      await store.put('empty/zero', [new Uint8Array(0)])
      expect(await store.get('empty/none')).toHaveLength(0)
      expect(await store.get('empty/none', { last: 5 })).toHaveLength(0)
      expect(await store.get('empty/none', { offset: 0, length: 5 })).toHaveLength(0)
      expect((await store.stat('empty/zero'))?.size).toBe(0)
    })

    test('an object of 9 MiB in many parts survives', async () => {
      const parts = Array.from({ length: 36 }, (_, i) => new Uint8Array(256 * 1024).fill(i + 1))
      await store.put('big/parts', parts)
      expect(Buffer.concat(parts).equals(await store.get('big/parts'))).toBe(true)
      expect(await store.get('big/parts', { last: 2 })).toEqual(Uint8Array.of(36, 36))
    })

    test('a second put of a key is refused and changes nothing', async () => {
      await store.put('once/a', [bytes('first')])
      await expect(store.put('once/a', [bytes('second')])).rejects.toMatchObject({
        code: 'OBJECT_EXISTS',
        message: 'The object "once/a" exists already and is never overwritten.',
      })
      expect(text(await store.get('once/a'))).toBe('first')
    })

    test('of 20 concurrent puts of a key exactly one wins, and its bytes are the object', async () => {
      const stores = [store, await under.reopen()]
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => stores[i % 2]?.put('race/a', [bytes(`writer ${i}`)])),
      )
      const winners = outcomes.flatMap((o, i) => (o.status === 'fulfilled' ? [i] : []))
      const losers = outcomes.flatMap(o => (o.status === 'rejected' ? [o.reason.code] : []))
      expect(winners).toHaveLength(1)
      expect(new Set(losers)).toEqual(new Set(['OBJECT_EXISTS']))
      expect(text(await store.get('race/a'))).toBe(`writer ${winners[0]}`)
    })

    test('what is not there is said to be not there', async () => {
      for (const key of ['missing', 'missing/a', 'round', 'round/one/below']) {
        await expect(store.get(key)).rejects.toMatchObject({
          code: 'OBJECT_NOT_FOUND',
          message: `The object store has no object "${key}".`,
        })
        expect(await store.stat(key)).toBeUndefined()
      }
      await expect(store.get('missing', { last: 4 })).rejects.toMatchObject({
        code: 'OBJECT_NOT_FOUND',
      })
      await expect(store.get('missing', { offset: 0, length: 0 })).rejects.toMatchObject({
        code: 'OBJECT_NOT_FOUND',
      })
    })

    test('stat tells size and time', async () => {
      await store.put('stat/a', [bytes('12345')])
      const stat = await store.stat('stat/a')
      expect(stat).toMatchObject({ key: 'stat/a', size: 5 })
      expect(Math.abs((stat?.modified ?? 0) - Date.now())).toBeLessThan(5 * 60_000)
    })

    test('any range yields what there is of it', async () => {
      const data = Uint8Array.from({ length: 50 }, (_, i) => i)
      await store.put('range/a', [data])
      const count = fc.integer({ min: 0, max: 70 })
      await fc.assert(
        fc.asyncProperty(count, count, async (offset, length) => {
          const got = await store.get('range/a', { offset, length })
          expect(got).toEqual(data.slice(offset, offset + length))
          const tail = await store.get('range/a', { last: length })
          expect(tail).toEqual(length === 0 ? new Uint8Array(0) : data.slice(-length))
        }),
        { numRuns: 25, seed: 7 },
      )
    })

    test('any range of a large object comes whole, also into memory of the caller', async () => {
      const data = randomBytes(700_001)
      await store.put('range/large', [data.subarray(0, 4096), data.subarray(4096)])
      const pool = new BufferPool(16 * 1024 * 1024)
      const count = fc.integer({ min: 0, max: 720_000 })
      // What begins with a page may be read past the page cache, other memory not; what is too small cannot be used at all.
      const shift = fc.constantFrom(0, 1, 512)
      const slack = fc.constantFrom(READ_SLACK, 0, -1)
      await fc.assert(
        fc.asyncProperty(count, count, shift, slack, async (offset, length, from, more) => {
          const lent = pool.take(from + length + READ_SLACK)
          const memory = lent.subarray(from, Math.max(from, from + length + more))
          const got = await store.get('range/large', { offset, length }, memory)
          expect(Buffer.from(got).equals(data.subarray(offset, offset + length))).toBe(true)
          pool.give(lent)
        }),
        {
          numRuns: 25,
          examples: [
            [4096, 524_288, 0, 0],
            [1, 700_000, 0, READ_SLACK],
            [0, 720_000, 0, READ_SLACK],
          ],
        },
      )
      const whole = await store.get('range/large', undefined, pool.take(data.length + READ_SLACK))
      expect(Buffer.from(whole).equals(data)).toBe(true)
    })

    test('parts are written whole, however they lie in memory and whatever their length', async () => {
      const pool = new BufferPool(16 * 1024 * 1024)
      const length = fc.constantFrom(1, 511, 4096, 65_536, 262_144, 262_145)
      const part = fc.record({ length, shift: fc.constantFrom(0, 8, 512, 4096) })
      let number = 0
      await fc.assert(
        fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async shapes => {
          const parts = shapes.map(({ length, shift }) => {
            const bytes = pool.take(length + shift).subarray(shift)
            bytes.set(randomBytes(length))
            return bytes
          })
          const key = `parts/${number++}`
          await store.put(key, parts)
          expect(Buffer.concat(parts).equals(await store.get(key))).toBe(true)
        }),
        {
          numRuns: 15,
          examples: [
            [
              [
                { length: 262_144, shift: 0 },
                { length: 262_144, shift: 0 },
                { length: 511, shift: 0 },
              ],
            ],
            [
              [
                { length: 262_144, shift: 0 },
                { length: 262_144, shift: 8 },
              ],
            ],
          ],
        },
      )
    })

    test('the caller owns its buffers before and after', async () => {
      const data = bytes('mine')
      await store.put('copy/a', [data])
      data.fill(0)
      const got = await store.get('copy/a')
      expect(text(got)).toBe('mine')
      got.fill(0)
      expect(text(await store.get('copy/a'))).toBe('mine')
    })

    test('a list is ordered by the bytes of the key, across folders', async () => {
      const keys = [
        'a/b',
        'a/b-c',
        'a-b',
        'a.b',
        'a0',
        'aB',
        'a_',
        'a/B',
        'a/b.c/d',
        'a/b0',
        'z/y/x/w',
      ]
      for (const key of keys) await store.put(`order/${key}`, [bytes(key)])
      const sorted = keys.map(key => `order/${key}`).sort()
      expect(await keysOf(store, 'order/')).toEqual(sorted)
      expect(await Array.fromAsync(store.list('order/a-'))).toMatchObject([
        { key: 'order/a-b', size: 3 },
      ])
    })

    test('a list starts with any prefix and after any key', async () => {
      const segment = fc.string({
        unit: fc.constantFrom('a', 'b', '-', '.', '0', '/'),
        maxLength: 6,
      })
      const all = await keysOf(store, 'order/')
      await fc.assert(
        fc.asyncProperty(segment, fc.option(segment), async (prefix, after) => {
          const from = after === null ? undefined : `order/${after}`
          expect(await keysOf(store, `order/${prefix}`, from)).toEqual(
            all.filter(k => k.startsWith(`order/${prefix}`) && (from === undefined || k > from)),
          )
        }),
        { numRuns: 40, seed: 11 },
      )
      for (const key of all) {
        expect(await keysOf(store, '', key)).not.toContain(key)
        expect(await keysOf(store, 'order/', key)).toEqual(all.filter(k => k > key))
      }
    })

    test('a list of nothing is empty', async () => {
      expect(await keysOf(store, 'nothing/')).toEqual([])
      expect(await keysOf(store, 'nothing')).toEqual([])
      expect(await keysOf(store, '../')).toEqual([])
    })

    test('a list may be left early', async () => {
      for await (const { key } of store.list('order/')) {
        expect(key).toBe('order/a-b')
        break
      }
    })

    test.each([
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/../b',
      'a/./b',
      'a b',
      'ä',
      'a\0b',
      'a\\b',
      'a+b',
      'k'.repeat(256),
      'k/'.repeat(256).concat('k'),
    ])('the key %j is refused', async key => {
      const refused = { code: 'OBJECT_KEY_INVALID' }
      await expect(store.put(key, [bytes('x')])).rejects.toMatchObject(refused)
      await expect(store.get(key)).rejects.toMatchObject(refused)
      await expect(store.stat(key)).rejects.toMatchObject(refused)
    })

    test('keys at the limits are accepted', async () => {
      const keys = [
        `limit/${'k'.repeat(255)}`,
        `limit/${'k/'.repeat(252)}kk`,
        'limit/...',
        'limit/-',
      ]
      for (const key of keys) await store.put(key, [bytes('x')])
      expect(await keysOf(store, 'limit/')).toEqual([...keys].sort())
    })

    test('a range that is none is refused', async () => {
      await store.put('norange/a', [bytes('x')])
      for (const range of [{ last: -1 }, { offset: 0.5, length: 1 }, { offset: 0, length: -1 }]) {
        await expect(store.get('norange/a', range)).rejects.toThrow(RangeError)
      }
    })

    test.skipIf(!can.refusesFolders)('a key that is the folder of another is refused', async () => {
      await store.put('folder/a/b', [bytes('x')])
      await expect(store.put('folder/a', [bytes('y')])).rejects.toMatchObject({
        code: 'OBJECT_KEY_INVALID',
        message: '"folder/a" cannot name an object: it is a folder.',
      })
      await expect(store.put('folder/a/b/c', [bytes('y')])).rejects.toMatchObject({
        code: 'OBJECT_KEY_INVALID',
        message: '"folder/a/b/c" cannot name an object: "folder/a/b" is an object, no folder.',
      })
      expect(await keysOf(store, 'folder/')).toEqual(['folder/a/b'])
    })
  })
