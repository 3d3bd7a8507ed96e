import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { Route } from '#core/contracts/routes/route.ts'
import { routes } from '#core/contracts/routes.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, vmUuid } from '#test/support/fake-gateway.ts'

const site = async () => {
  const api = await testApi()
  const add = (minute: number) =>
    putPoint(
      api.ports.catalog,
      pointOf(ulid(NOON + minute * 60_000), { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }),
    )
  const page = async (query: string) => {
    const { status, json } = await api.asPerson('GET', '/v1/points', undefined, query)
    const ids = ((json.items ?? []) as { pointId: string }[]).map(({ pointId }) => pointId)
    return { status, ids, next: json.next as string | undefined, json }
  }
  return { ...api, add, page }
}

test('every list comes in pages', () => {
  for (const [name, route] of Object.entries(routes) as [string, Route][])
    if (route.method === 'GET' && name.startsWith('list')) {
      const members = Object.keys((route.query as unknown as { shape: object }).shape)
      expect(members, name).toEqual(expect.arrayContaining(['after', 'limit']))
      const reply = Object.keys((route.reply as unknown as { shape: object }).shape)
      expect(reply, name).toEqual(expect.arrayContaining(['items', 'next']))
    }
})

test('what comes in between moves no page: nothing twice, nothing left out', async () => {
  const { add, page } = await site()
  for (let minute = 0; minute < 6; minute++) await add(minute)
  const before = (await page('')).ids
  const first = await page('limit=3')
  await add(100)
  await add(101)
  const second = await page(`limit=3&after=${first.next}`)
  expect([...first.ids, ...second.ids]).toEqual(before)
  expect(second.next).toBeUndefined()
})

test('a cursor that nobody gave out is refused', async () => {
  const { add, page, asPerson } = await site()
  for (let minute = 0; minute < 4; minute++) await add(minute)
  const { ids, next = '' } = await page('limit=2')
  const refused = {
    status: 400,
    json: {
      code: 'REQUEST_INVALID',
      message:
        'The request is not valid: query.after: is no cursor of this list. Give the "next" of the page before, with the same filters.',
    },
  }
  const made = [
    ids[1],
    `${next}A`,
    next.slice(0, -1),
    `${next[0] === 'A' ? 'B' : 'A'}${next.slice(1)}`,
    encodeURIComponent(`${next}=`),
    'x',
    '%F0%9F%98%80',
    '__proto__',
  ]
  for (const after of made) expect(await page(`limit=2&after=${after}`)).toMatchObject(refused)
  // Of this list with another filter, and of another list.
  expect(await page(`limit=2&vm=web01&after=${next}`)).toMatchObject(refused)
  expect(await asPerson('GET', '/v1/runs', undefined, `after=${next}`)).toMatchObject(refused)
  // Pages may change their size on the way.
  expect((await page(`limit=1&after=${next}`)).status).toBe(200)
})
