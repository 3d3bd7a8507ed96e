import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Transit } from '#core/ports.ts'

export interface TransitUnderTest {
  transit: Transit
  /** What a gateway and a browser do with a URL; the status of HTTP, or what stands for it. */
  put(url: string, bytes: Uint8Array): Promise<number>
  get(url: string): Promise<{ status: number; bytes: Uint8Array }>
  /** The same URL with a member of its query, or a part of its path, changed. */
  spoil?: (url: string) => string[]
  /** Moves its clock by so many ms; where nobody can, that URLs end is told by the adapter's own tests. */
  wait?: (ms: number) => void
  close?: () => Promise<void>
}

const KEY = 'transit/01J0000000000000000000000A/01J0000000000000000000000B'

/** What `Transit` promises, on any adapter. */
export const testTransit = (name: string, open: () => Promise<TransitUnderTest>) =>
  describe(`transit: ${name}`, () => {
    let under: TransitUnderTest
    beforeAll(async () => {
      under = await open()
    })
    afterAll(async () => under?.close?.())

    const bytes = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => i % 251))

    test('what is put is got', async () => {
      const { transit, put, get } = under
      expect(await put(await transit.putUrl(`${KEY}/0`, bytes.length), bytes)).toBe(200)
      const found = await get(await transit.getUrl(`${KEY}/0`))
      expect(found.status).toBe(200)
      expect(Buffer.from(found.bytes).equals(bytes)).toBe(true)
    })

    test('put again, the later counts', async () => {
      const { transit, put, get } = under
      const url = await transit.putUrl(`${KEY}/1`, 3)
      expect([await put(url, Buffer.from('one')), await put(url, Buffer.from('two'))]).toEqual([
        200, 200,
      ])
      const { bytes: found } = await get(await transit.getUrl(`${KEY}/1`))
      expect(Buffer.from(found).toString()).toBe('two')
    })

    test.each([
      ['more', 4],
      ['less', 2],
    ])('%s bytes than were asked for are refused, and nothing is kept', async (_, length) => {
      const { transit, put, get } = under
      const key = `${KEY}/${length + 10}`
      expect(await put(await transit.putUrl(key, 3), Buffer.alloc(length))).toBeGreaterThan(399)
      expect((await get(await transit.getUrl(key))).status).toBe(404)
    })

    test('a URL is for one key and one way', async () => {
      const { transit, put, get, spoil } = under
      await put(await transit.putUrl(`${KEY}/2`, 3), Buffer.from('abc'))
      const [toPut, toGet] = [await transit.putUrl(`${KEY}/2`, 3), await transit.getUrl(`${KEY}/2`)]
      expect((await get(toPut)).status).toBe(403)
      expect(await put(toGet, Buffer.from('xyz'))).toBe(403)
      for (const url of spoil?.(toGet) ?? [])
        expect([url, (await get(url)).status]).toEqual([url, 403])
      for (const url of spoil?.(toPut) ?? [])
        expect([url, await put(url, Buffer.from('xyz'))]).toEqual([url, 403])
      expect(Buffer.from((await get(toGet)).bytes).toString()).toBe('abc')
    })

    test('a URL ends after 15 minutes', async context => {
      const { transit, put, get, wait } = under
      if (!wait) return context.skip('nobody moves the clock of this one')
      const [toPut, toGet] = [await transit.putUrl(`${KEY}/0`, 1), await transit.getUrl(`${KEY}/0`)]
      wait(15 * 60_000 - 1)
      expect((await get(toGet)).status).toBe(200)
      wait(1)
      expect((await get(toGet)).status).toBe(403)
      expect(await put(toPut, Buffer.alloc(1))).toBe(403)
    })

    test.each([
      '',
      'transit',
      '../transit/A/B/1',
      'transit/A/../1',
      'transit/A/B/1/2',
      'transit/A/B/x',
      'packs/A/B/1',
    ])('no URL is made for %j', async key => {
      const { transit } = under
      await expect(transit.getUrl(key)).rejects.toMatchObject({ code: 'TRANSIT_URL_REFUSED' })
      await expect(transit.putUrl(key, 1)).rejects.toMatchObject({ code: 'TRANSIT_URL_REFUSED' })
    })
  })
