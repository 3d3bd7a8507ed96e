import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { AuditRecord } from '#core/contracts/audit-api.ts'
import { FORMER_KEY_MS } from '#core/gateways/key-change.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import {
  announceKey,
  makeKeyPair,
  POOL,
  signAnnouncement as sign,
  signToken,
} from '#test/support/fake-gateway.ts'

const DAY = 86_400_000
const LEASE = { instance: '01J000000000000000000000XX', freeSlots: 0, pools: [POOL] }

const announce = ({ gateway: { gatewayId } }: TestApi, from: JWK, to: JWK, type?: string) =>
  announceKey({ gatewayId, privateKey: from }, to, type)

const site = async () => {
  const api = await testApi()
  const { gatewayId, privateKey: today } = api.gateway
  const [next, other] = [(await makeKeyPair()).privateKey, (await makeKeyPair()).privateKey]
  const as = async (key: JWK, method: string, path: string, body: unknown) =>
    api.call(method, path, {
      body,
      authorization: `Bearer ${await signToken({ gatewayId, privateKey: key }, method, path, {}, api.ports.clock.now())}`,
    })
  const change = (key: JWK, announcement: string) =>
    as(key, 'PUT', `/v1/gateways/${gatewayId}/key`, { announcement })
  const lease = (key: JWK) => as(key, 'POST', `/v1/gateways/${gatewayId}/lease`, LEASE)
  const audit = async () => {
    const { json } = await api.asPerson(
      'GET',
      '/v1/audit',
      undefined,
      'order=oldest&action=changeKey',
    )
    return (json.items as unknown[]).map(record => AuditRecord.parse(record))
  }
  return { api, gatewayId, today, next, other, change, lease, audit }
}

const refused = { status: 401, json: { code: 'TOKEN_INVALID' } }

test('a key is announced with the one of today and taken with the next one, and both calls may come again', async () => {
  const { api, today, next, change, lease, audit } = await site()
  const announcement = await announce(api, today, next)
  for (const _ of [1, 2])
    expect((await change(today, announcement)).json).toStrictEqual({ state: 'announced' })
  expect(await lease(next)).toMatchObject(refused)
  for (const _ of [1, 2])
    expect((await change(next, announcement)).json).toStrictEqual({ state: 'changed' })
  expect((await lease(next)).status).toBe(200)
  expect((await audit()).map(({ who, action, outcome, of }) => [who, action, outcome, of])).toEqual(
    [
      ['site A', 'changeKey', 'asked', undefined],
      ['site A', 'changeKey', 'done', 1],
    ],
  )
  expect((await audit())[0]?.detail).toBe(`public key ${next.x} instead of ${today.x}`)
})

test('the key of before is good for what is under way, and for nothing else', async () => {
  const { api, today, next, other, change, lease } = await site()
  const announcement = await announce(api, today, next)
  await change(today, announcement)
  await change(next, announcement)
  expect((await lease(today)).status).toBe(200)
  expect(await change(today, await announce(api, today, other))).toMatchObject(refused)
  api.wait(FORMER_KEY_MS)
  expect(await lease(today)).toMatchObject(refused)
})

test('of two changes at once one is taken, and the other has changed nothing', async () => {
  const { api, today, next, other, change, lease } = await site()
  const [one, two] = [await announce(api, today, next), await announce(api, today, other)]
  const announced = await Promise.all([change(today, one), change(today, two)])
  expect(announced.map(({ status }) => status)).toStrictEqual([200, 200])
  const ends = await Promise.all([change(next, one), change(other, two)])
  expect(ends.map(({ status }) => status).sort()).toStrictEqual([200, 401])
  const [winner, loser] = ends[0]?.status === 200 ? [next, other] : [other, next]
  expect((await lease(winner)).status).toBe(200)
  expect(await lease(loser)).toMatchObject(refused)
})

test('a key that is taken by two calls at once is taken once', async () => {
  const { api, today, next, change } = await site()
  const announcement = await announce(api, today, next)
  await change(today, announcement)
  const both = await Promise.all([change(next, announcement), change(next, announcement)])
  expect(both.map(({ json }) => json)).toStrictEqual([{ state: 'changed' }, { state: 'changed' }])
})

test('a call that was listened to is good for nothing', async () => {
  const { api, gatewayId, today, next } = await site()
  const path = `/v1/gateways/${gatewayId}/key`
  const token = await signToken(api.gateway, 'PUT', path, {}, api.ports.clock.now())
  const authorization = `Bearer ${token}`
  const body = { announcement: await announce(api, today, next) }
  expect((await api.call('PUT', path, { body, authorization })).status).toBe(200)
  expect((await api.call('PUT', path, { body, authorization })).json).toMatchObject({
    code: 'TOKEN_REPLAYED',
  })
})

test.each<[string, (api: TestApi, keys: { today: JWK; next: JWK; other: JWK }) => Promise<string>]>(
  [
    ['by nobody', async (_, { next }) => `e30.${btoa(JSON.stringify({ publicKey: next.x }))}.e30`],
    ['by the next key alone', (api, { next }) => announce(api, next, next)],
    ['by a foreign key', (api, { other, next }) => announce(api, other, next)],
    [
      'for a key that the announcer does not have',
      async ({ gateway: { gatewayId } }, { today, next, other }) =>
        sign(await sign(JSON.stringify({ gatewayId, publicKey: next.x }), other), today),
    ],
    [
      'for another gateway',
      async (_, { today, next }) => {
        const gatewayId = '01J000000000000000000000XX'
        return sign(await sign(JSON.stringify({ gatewayId, publicKey: next.x }), next), today)
      },
    ],
    ['as something else', (api, { today, next }) => announce(api, today, next, 'JWT')],
  ],
)('an announcement that is signed %s is refused', async (_, made) => {
  const { api, today, next, other, change } = await site()
  const { status, json } = await change(today, await made(api, { today, next, other }))
  expect({ status, ...json }).toMatchObject({
    status: 401,
    code: 'TOKEN_INVALID',
    message:
      'The call is not authorised: what announces the new key is not signed with both keys of this gateway.',
  })
  expect(await change(next, await announce(api, today, next))).toMatchObject(refused)
})

test('a revoked gateway is refused with every key that it has', async () => {
  const { api, gatewayId, today, next, other, change, lease } = await site()
  const first = await announce(api, today, next)
  await change(today, first)
  await change(next, first)
  const second = await announce(api, next, other)
  await change(next, second)
  await api.asPerson('POST', `/v1/gateways/${gatewayId}/revoke`)
  for (const answer of [
    ...[await lease(today), await lease(next)],
    ...[await change(next, second), await change(other, second)],
  ])
    expect(answer.json).toMatchObject({ code: 'GATEWAY_REVOKED' })
  expect((await lease(other)).json).toMatchObject({ code: 'TOKEN_INVALID' })
})

test('a gateway is asked for a new key by an administrator, or when its key is old, until it has one', async () => {
  const { api, gatewayId, today, next, change, lease } = await site()
  expect((await lease(today)).json.newKey).toBeUndefined()
  const path = `/v1/gateways/${gatewayId}/key-change`
  const operator = await api.call('POST', path, { authorization: 'Bearer operator', body: {} })
  expect(operator.json).toMatchObject({ code: 'ROLE_INSUFFICIENT' })
  const since = api.ports.clock.now()
  expect((await api.asPerson('POST', path)).json).toMatchObject({ gatewayId, keySince: since })
  expect((await lease(today)).json.newKey).toBe(true)
  const listed = await api.asPerson('GET', '/v1/gateways')
  expect(listed.json.items).toMatchObject([{ keySince: since, newKeyAsked: since }])

  api.wait(1_000)
  const announcement = await announce(api, today, next)
  await change(today, announcement)
  expect((await lease(today)).json.newKey).toBe(true)
  await change(next, announcement)
  expect((await lease(next)).json.newKey).toBeUndefined()
  api.wait(90 * DAY)
  expect((await lease(next)).json.newKey).toBeUndefined()
  api.wait(1)
  expect((await lease(next)).json.newKey).toBe(true)
  const unknown = await api.asPerson('POST', `/v1/gateways/${LEASE.instance}/key-change`)
  expect(unknown).toMatchObject({ status: 404, json: { code: 'GATEWAY_NOT_FOUND' } })
})
