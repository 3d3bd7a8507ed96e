import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Catalog, CatalogWrite } from '#core/ports.ts'

export interface CatalogUnderTest {
  catalog: Catalog
  /** @returns a second catalog on the same place, as another process would open it. */
  reopen: () => Promise<Catalog>
  close?: () => Promise<void>
}

const put = (pk: string, sk: string, value: unknown, expect: CatalogWrite['expect'] = 'any') =>
  ({ kind: 'put', key: { pk, sk }, value, expect }) satisfies CatalogWrite

const remove = (pk: string, sk: string, expect: CatalogWrite['expect'] = 'any') =>
  ({ kind: 'delete', key: { pk, sk }, expect }) satisfies CatalogWrite

const everyPage = async (
  catalog: Catalog,
  pk: string,
  options: { limit: number; descending: boolean },
) => {
  const keys: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await catalog.query(pk, { ...options, ...(after === undefined ? {} : { after }) })
    expect(page.items.length).toBeLessThanOrEqual(options.limit)
    keys.push(...page.items.map(item => item.sk))
    if (page.next === undefined) return keys
    after = page.next
  }
}

/**
 * What `Catalog` promises, on any adapter.
 * @param can `transactions`: dynalite answers no TransactWriteItems
 */
export const testCatalog = (
  name: string,
  open: () => Promise<CatalogUnderTest>,
  can: { transactions: boolean } = { transactions: true },
) =>
  describe(`catalog: ${name}`, () => {
    let under: CatalogUnderTest
    let catalog: Catalog
    beforeAll(async () => {
      under = await open()
      catalog = under.catalog
    })
    afterAll(async () => under?.close?.())

    test('an item is read back with version 1, by anybody', async () => {
      await catalog.write([put('p', 'a', { hello: 'world' }, 'absent')])
      const item = { pk: 'p', sk: 'a', version: 1, value: { hello: 'world' } }
      expect(await catalog.get({ pk: 'p', sk: 'a' })).toEqual(item)
      expect(await (await under.reopen()).get({ pk: 'p', sk: 'a' })).toEqual(item)
      expect(await catalog.get({ pk: 'p', sk: 'b' })).toBeUndefined()
      expect(await catalog.get({ pk: 'q', sk: 'a' })).toBeUndefined()
    })

    test('any JSON value comes back exactly', async () => {
      const numbers = [2 ** 53 - 1, -(2 ** 53), 0.1, 1e-320, 1.7976931348623157e308]
      for (const value of [numbers, null, false, '', 'a\u0000ü😀', [], {}, { '': [{ a: null }] }]) {
        await catalog.write([put('json', 'fixed', value)])
        expect((await catalog.get({ pk: 'json', sk: 'fixed' }))?.value).toEqual(value)
      }
      await fc.assert(
        fc.asyncProperty(fc.json(), async json => {
          await catalog.write([put('json', 'any', JSON.parse(json))])
          const item = await catalog.get({ pk: 'json', sk: 'any' })
          expect(JSON.stringify(item?.value)).toBe(JSON.stringify(JSON.parse(json)))
        }),
        { numRuns: 25, seed: 3 },
      )
    })

    test('the version grows by one with every write', async () => {
      for (const version of [1, 2, 3]) {
        await catalog.write([put('grow', 'a', version)])
        expect(await catalog.get({ pk: 'grow', sk: 'a' })).toMatchObject({
          version,
          value: version,
        })
      }
      await catalog.write([put('grow', 'a', 4, { version: 3 })])
      expect(await catalog.get({ pk: 'grow', sk: 'a' })).toMatchObject({ version: 4, value: 4 })
      await catalog.write([remove('grow', 'a')])
      await catalog.write([put('grow', 'a', 'again', 'absent')])
      expect(await catalog.get({ pk: 'grow', sk: 'a' })).toMatchObject({ version: 1 })
    })

    test.each([
      ['a put where something is', put('c', 'a', 'new', 'absent')],
      ['a put over another version', put('c', 'a', 'new', { version: 1 })],
      ['a put over a version that never was', put('c', 'a', 'new', { version: 9 })],
      ['a delete of another version', remove('c', 'a', { version: 1 })],
      ['a delete of nothing where something is', remove('c', 'a', 'absent')],
    ])('%s is a conflict and changes nothing', async (_, write) => {
      await catalog.write([put('c', 'a', 'one')])
      await catalog.write([remove('c', 'a')])
      await catalog.write([put('c', 'a', 'one', 'absent')])
      await catalog.write([put('c', 'a', 'two', { version: 1 })])
      await expect(catalog.write([write])).rejects.toMatchObject({
        code: 'CATALOG_CONFLICT',
        message: 'The catalog entry c a was changed by someone else in the meantime.',
      })
      expect(await catalog.get({ pk: 'c', sk: 'a' })).toMatchObject({ version: 2, value: 'two' })
    })

    test.each([
      ['put', put('none', 'a', 'x', { version: 1 })],
      ['delete', remove('none', 'a', { version: 1 })],
    ])('a %s of a version where nothing is, is a conflict', async (_, write) => {
      await expect(catalog.write([write])).rejects.toMatchObject({ code: 'CATALOG_CONFLICT' })
      expect(await catalog.get({ pk: 'none', sk: 'a' })).toBeUndefined()
    })

    test('a delete of the expected version, of anything and of nothing', async () => {
      await catalog.write([put('d', 'a', 1)])
      await catalog.write([remove('d', 'a', { version: 1 })])
      expect(await catalog.get({ pk: 'd', sk: 'a' })).toBeUndefined()
      await catalog.write([remove('d', 'a')])
      await catalog.write([remove('d', 'a', 'absent')])
      expect(await catalog.get({ pk: 'd', sk: 'a' })).toBeUndefined()
    })

    test('a write of nothing does nothing', async () => {
      await catalog.write([])
    })

    test('of 20 concurrent writers of a version exactly one wins', async () => {
      const catalogs = [catalog, await under.reopen()]
      for (const expected of ['absent', { version: 1 }] as const) {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 20 }, (_, i) =>
            catalogs[i % 2]?.write([put('race', 'a', i, expected)]),
          ),
        )
        const winners = outcomes.flatMap((o, i) => (o.status === 'fulfilled' ? [i] : []))
        const losers = outcomes.flatMap(o => (o.status === 'rejected' ? [o.reason.code] : []))
        expect(winners).toHaveLength(1)
        expect(new Set(losers)).toEqual(new Set(['CATALOG_CONFLICT']))
        expect((await catalog.get({ pk: 'race', sk: 'a' }))?.value).toBe(winners[0])
      }
    })

    test('concurrent read-change-write loops lose no update', async () => {
      await catalog.write([put('count', 'a', 0, 'absent')])
      const increment = async (own: Catalog): Promise<void> => {
        const item = await own.get<number>({ pk: 'count', sk: 'a' })
        if (!item) throw new Error('the counter is gone')
        const write = put('count', 'a', item.value + 1, { version: item.version })
        await own.write([write]).catch(error => {
          if (error.code !== 'CATALOG_CONFLICT') throw error
          return increment(own)
        })
      }
      const other = await under.reopen()
      await Promise.all(Array.from({ length: 12 }, (_, i) => increment(i % 2 ? catalog : other)))
      expect((await catalog.get({ pk: 'count', sk: 'a' }))?.value).toBe(12)
    })

    test('a query yields one partition, by the bytes of the sort key, in pages', async () => {
      const keys = ['a', 'a#1', 'a#10', 'a#2', 'B', 'b', 'ü', '\u{FFFD}', '😀', 'z'] // U+FFFD is below 😀 in UTF-8, above in UTF-16
      for (const sk of keys) await catalog.write([put('q', sk, sk)])
      await catalog.write([put('q2', 'a', 'elsewhere')])
      const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      const { items, next } = await catalog.query('q')
      expect(items).toEqual(sorted.map(sk => ({ pk: 'q', sk, version: 1, value: sk })))
      expect(next).toBeUndefined()
      for (const limit of [1, 3, 10]) {
        expect(await everyPage(catalog, 'q', { limit, descending: false })).toEqual(sorted)
        expect(await everyPage(catalog, 'q', { limit, descending: true })).toEqual(
          sorted.toReversed(),
        )
      }
      expect(await catalog.query('nobody')).toEqual({ items: [] })
    })

    test('a query by prefix, from any key on', async () => {
      const sks = async (options: Parameters<Catalog['query']>[1]) =>
        (await catalog.query('q', options)).items.map(item => item.sk)
      expect(await sks({ prefix: 'a' })).toEqual(['a', 'a#1', 'a#10', 'a#2'])
      expect(await sks({ prefix: 'a#1' })).toEqual(['a#1', 'a#10'])
      expect(await sks({ prefix: '😀' })).toEqual(['😀'])
      expect(await sks({ prefix: 'a#3' })).toEqual([])
      expect(await sks({ prefix: 'a', after: 'a#1' })).toEqual(['a#10', 'a#2'])
      expect(await sks({ prefix: 'a', after: 'a#11' })).toEqual(['a#2'])
      expect(await sks({ prefix: 'a', after: 'a#11', descending: true })).toEqual([
        'a#10',
        'a#1',
        'a',
      ])
      expect(await sks({ prefix: 'a#', after: 'B' })).toEqual(['a#1', 'a#10', 'a#2'])
      expect(await sks({ prefix: 'a#', after: 'B', descending: true })).toEqual([])
      expect(await sks({ prefix: 'a#', after: 'z' })).toEqual([])
      expect(await sks({ prefix: 'a#', after: 'z', descending: true })).toEqual([
        'a#2',
        'a#10',
        'a#1',
      ])
      expect(await sks({ prefix: '%' })).toEqual([])
    })

    test('a page of large items is full, whatever the store below sends at a time', async () => {
      const value = 'x'.repeat(389_000)
      for (const sk of ['1', '2', '3', '4']) await catalog.write([put('large', sk, value)])
      const page = await catalog.query<string>('large', { limit: 3 })
      expect(page.items.map(item => [item.sk, item.value.length])).toEqual([
        ['1', 389_000],
        ['2', 389_000],
        ['3', 389_000],
      ])
      expect(page.next).toBe('3')
    })

    test.each([
      ['an empty partition key', [put('', 'a', 1)], 'the key " a" is empty, too long or not text'],
      ['an empty sort key', [remove('a', '')], 'the key "a " is empty, too long or not text'],
      ['a key of 1,025 bytes', [put('k', 'k'.repeat(1025), 1)], 'is empty, too long or not text'],
      ['half a character', [put('k', '\ud800', 1)], 'is empty, too long or not text'],
      ['no JSON data', [put('k', 'a', undefined)], 'the value of k a is no JSON data'],
      [
        'a value above 390 KB',
        [put('k', 'a', 'x'.repeat(390_000))],
        'the value of k a has 390002 bytes, the limit is 390000',
      ],
      [
        'more than 100 items',
        Array.from({ length: 101 }, (_, i) => put('k', `${i}`, 1)),
        'a write has 101 items, the limit is 100',
      ],
      ['an item named twice', [put('k', 'a', 1), remove('k', 'a')], 'a write names an item twice'],
      [
        'more than 3.9 MB',
        Array.from({ length: 11 }, (_, i) => put('k', `${i}`, 'x'.repeat(380_000))),
        'a write has 4180022 bytes, the limit is 3900000',
      ],
    ] as [string, CatalogWrite[], string][])('%s is refused', async (_, writes, why) => {
      await expect(catalog.write(writes)).rejects.toMatchObject({
        code: 'CATALOG_INVALID',
        message: expect.stringContaining(why),
      })
      expect((await catalog.query('k')).items).toEqual([])
    })

    test('a page of 0, 1.5 or 1,001 items is refused, and so is a key that is none', async () => {
      for (const limit of [0, 1.5, 1001]) {
        await expect(catalog.query('q', { limit })).rejects.toMatchObject({
          code: 'CATALOG_INVALID',
        })
      }
      await expect(catalog.get({ pk: '', sk: 'a' })).rejects.toMatchObject({
        code: 'CATALOG_INVALID',
      })
      await expect(catalog.query('')).rejects.toMatchObject({ code: 'CATALOG_INVALID' })
    })

    describe('writes of several items', () => {
      const several = test.skipIf(!can.transactions)
      several('all are written', async () => {
        await catalog.write([put('t', 'old', 1)])
        await catalog.write([
          put('t', 'a', 1, 'absent'),
          put('u', 'b', 2),
          remove('t', 'old', { version: 1 }),
          remove('t', 'never', 'absent'),
        ])
        expect((await catalog.query('t')).items).toMatchObject([{ sk: 'a', version: 1, value: 1 }])
        expect((await catalog.query('u')).items).toMatchObject([{ sk: 'b', version: 1, value: 2 }])
      })

      several('or none, and the conflict names the item', async () => {
        await catalog.write([put('n', 'there', 1)])
        await expect(
          catalog.write([
            put('n', 'a', 1),
            remove('n', 'there'),
            put('n', 'there2', 2, { version: 1 }),
          ]),
        ).rejects.toMatchObject({
          code: 'CATALOG_CONFLICT',
          message: 'The catalog entry n there2 was changed by someone else in the meantime.',
        })
        expect((await catalog.query('n')).items).toMatchObject([{ sk: 'there', value: 1 }])
      })

      several('a hundred at once', async () => {
        await catalog.write(Array.from({ length: 100 }, (_, i) => put('h', `${i + 100}`, i)))
        expect((await catalog.query('h', { limit: 1000 })).items).toHaveLength(100)
      })

      several('of two that meet in one item, one wins', async () => {
        const other = await under.reopen()
        const outcomes = await Promise.allSettled([
          catalog.write([put('m', 'a', 1, 'absent'), put('m', 'x', 1, 'absent')]),
          other.write([put('m', 'x', 2, 'absent'), put('m', 'b', 2, 'absent')]),
        ])
        expect(outcomes.filter(o => o.status === 'fulfilled')).toHaveLength(1)
        const { items } = await catalog.query('m')
        expect(items).toHaveLength(2)
        expect(new Set(items.map(item => item.value)).size).toBe(1)
      })
    })
  })
