import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { GATEWAY_CLOCK_SKEW_SECONDS, GATEWAY_TOKEN_SECONDS } from '#core/contracts/gateway-token.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, POOL, signToken } from '#test/support/fake-gateway.ts'

const OTHER = '01J000000000000000000000XX'
const lease = { instance: OTHER, freeSlots: 0, pools: [POOL] }

const leaseWith = async (change: Record<string, unknown>, nowMs = NOON) => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const token = await signToken(api.gateway, 'POST', path, change, nowMs)
  return api.call('POST', path, { body: lease, authorization: `Bearer ${token}` })
}

test('a gateway with a good token may call, and is told how often', async () => {
  const { status, json } = await leaseWith({})
  expect(status).toBe(200)
  expect(json).toEqual({ jobs: [], pollAfterSeconds: 20, heartbeatAfterSeconds: 30 })
})

const seconds = NOON / 1_000

test.each([
  [
    'another method',
    { htm: 'GET' },
    'TOKEN_INVALID',
    'The call is not authorised: the token was made for another call.',
  ],
  [
    'another path',
    { htu: '/v1/runs' },
    'TOKEN_INVALID',
    'The call is not authorised: the token was made for another call.',
  ],
  [
    'a long life',
    { exp: seconds + 3_600 },
    'TOKEN_INVALID',
    'The call is not authorised: a token may live 60 seconds at most.',
  ],
  [
    'an end before its beginning',
    { exp: seconds - 1 },
    'TOKEN_INVALID',
    'The call is not authorised: a token may live 60 seconds at most.',
  ],
  [
    'no nonce',
    { jti: undefined },
    'TOKEN_INVALID',
    'The call is not authorised: the token lacks claims.',
  ],
  [
    'an unknown gateway',
    { iss: OTHER },
    'GATEWAY_UNKNOWN',
    `The control plane does not know the gateway ${OTHER}, or has revoked it.`,
  ],
  [
    'no gateway',
    { iss: undefined },
    'TOKEN_INVALID',
    'The call is not authorised: the token names no gateway.',
  ],
])('a token for %s is refused', async (_, change, code, message) => {
  const { status, json } = await leaseWith(change)
  expect({ status, ...json }).toMatchObject({ status: 401, code, message, retryable: false })
})

test.each([
  [-181, "The clock of the gateway is 181 seconds behind the control plane's."],
  [121, "The clock of the gateway is 121 seconds ahead of the control plane's."],
])('a clock that is %i seconds off is told so', async (offset, message) => {
  const { status, json } = await leaseWith({}, NOON + offset * 1_000)
  expect({ status, ...json }).toMatchObject({ status: 401, code: 'CLOCK_SKEW', message })
})

test.each([-180, 120])('a clock that is %i seconds off is forgiven', async offset => {
  expect((await leaseWith({}, NOON + offset * 1_000)).status).toBe(200)
})

test.each([undefined, 'Basic eDp5', 'Bearer x', 'Bearer a.b.c'])(
  'the authorisation %s is refused',
  async authorization => {
    const api = await testApi()
    const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
    const answer = await api.call('POST', path, {
      body: lease,
      ...(authorization === undefined ? {} : { authorization }),
    })
    expect({ status: answer.status, ...answer.json }).toMatchObject({
      status: 401,
      code: 'TOKEN_INVALID',
    })
  },
)

test('the key of another is refused', async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const { privateKey } = await makeKeyPair()
  const token = await signToken({ ...api.gateway, privateKey }, 'POST', path, {}, NOON)
  const { json } = await api.call('POST', path, { body: lease, authorization: `Bearer ${token}` })
  expect(json).toMatchObject({
    code: 'TOKEN_INVALID',
    message: 'The call is not authorised: the signature of the token is not that of this gateway.',
  })
})

test('a token works once', async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const authorization = `Bearer ${await signToken(api.gateway, 'POST', path, {}, NOON)}`
  expect((await api.call('POST', path, { body: lease, authorization })).status).toBe(200)
  const { status, json } = await api.call('POST', path, { body: lease, authorization })
  expect({ status, ...json }).toMatchObject({ status: 401, code: 'TOKEN_REPLAYED' })
})

test('old nonces are swept, those still needed stay', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const path = `/v1/gateways/${gatewayId}/lease`
  const callWith = async (jti: string, nowMs: number) => {
    const token = await signToken(api.gateway, 'POST', path, { jti }, nowMs)
    return api.call('POST', path, { body: lease, authorization: `Bearer ${token}` })
  }
  await callWith('01J0000000000000000000000A', NOON)
  api.wait(200_000)
  await callWith('01J0000000000000000000000B', NOON + 200_000)
  await callWith('01J0000000000000000000000G', NOON + 200_000)
  await callWith('01J00000000000000000000010', NOON + 200_000)
  const { items } = await api.ports.catalog.query(keys.nonce(gatewayId, '').pk)
  expect(items.map(({ sk }) => sk)).toEqual([
    '01J0000000000000000000000B',
    '01J0000000000000000000000G',
    '01J00000000000000000000010',
  ])
})

test('a nonce is not swept as long as its token would pass: to the end of the last second', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const path = `/v1/gateways/${gatewayId}/lease`
  const bearer = async (jti: string, nowMs: number) =>
    `Bearer ${await signToken(api.gateway, 'POST', path, { jti }, nowMs)}`
  const authorization = await bearer('01J0000000000000000000000A', NOON)
  const call = (given: string) => api.call('POST', path, { body: lease, authorization: given })
  expect((await call(authorization)).status).toBe(200)
  const last = (GATEWAY_TOKEN_SECONDS + GATEWAY_CLOCK_SKEW_SECONDS) * 1_000 + 500
  api.wait(last)
  expect((await call(await bearer('01J00000000000000000000010', NOON + last))).status).toBe(200)
  expect((await call(authorization)).json).toMatchObject({ code: 'TOKEN_REPLAYED' })
  api.wait(1_000)
  expect((await call(authorization)).json).toMatchObject({ code: 'CLOCK_SKEW' })
})

test('a gateway may only speak for itself', async () => {
  const api = await testApi()
  const { status, json } = await api.asGateway('POST', `/v1/gateways/${OTHER}/lease`, lease)
  expect({ status, ...json }).toMatchObject({ status: 403, code: 'GATEWAY_FOREIGN' })
})

test('a revoked gateway is refused at once', async () => {
  const api = await testApi()
  const key = keys.gateway(api.gateway.gatewayId)
  const item = await api.ports.catalog.get<object>(key)
  await api.ports.catalog.write([
    { kind: 'put', key, value: { ...item?.value, revoked: true }, expect: 'any' },
  ])
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const { json } = await api.asGateway('POST', path, lease)
  expect(json).toMatchObject({ code: 'GATEWAY_REVOKED' })
})

test('a gateway is no person and a person no gateway', async () => {
  const api = await testApi()
  expect((await api.asGateway('GET', '/v1/runs')).status).toBe(401)
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  expect((await api.asPerson('POST', path, lease)).status).toBe(401)
})

test('an enrolment code works once, for ten minutes, and may be repeated by the same key', async () => {
  const api = await testApi()
  const { json } = await api.asPerson('POST', '/v1/enrolment-codes')
  const code = String(json.code)
  const { publicKey } = await makeKeyPair()
  const body = { code: code.toLowerCase(), name: 'B', publicKey }
  const enrolled = await api.call('POST', '/v1/enrolments', { body })
  expect(enrolled.status).toBe(200)
  const repeated = await api.call('POST', '/v1/enrolments', { body })
  expect(repeated.json).toEqual(enrolled.json)

  const other = { ...body, publicKey: (await makeKeyPair()).publicKey }
  const refused = await api.call('POST', '/v1/enrolments', { body: other })
  expect({ status: refused.status, ...refused.json }).toMatchObject({
    status: 403,
    code: 'ENROLMENT_CODE_INVALID',
  })

  const late = await api.asPerson('POST', '/v1/enrolment-codes')
  api.wait(600_000)
  const tooLate = await api.call('POST', '/v1/enrolments', {
    body: { ...other, code: late.json.code },
  })
  expect(tooLate.json).toMatchObject({ code: 'ENROLMENT_CODE_INVALID' })
  const stored = JSON.stringify(await api.ports.catalog.query('CODES'))
  expect(stored).not.toContain(code)
})

test.each([
  ['viewer', 'GET', '/v1/runs', 200],
  ['viewer', 'POST', '/v1/runs', 403],
  ['operator', 'POST', '/v1/runs', 400],
  ['operator', 'POST', '/v1/enrolment-codes', 403],
  ['person', 'POST', '/v1/enrolment-codes', 200],
])('a %s who calls %s %s is answered %d', async (who, method, path, expected) => {
  const api = await testApi()
  const { status, json } = await api.call(method, path, { authorization: `Bearer ${who}` })
  expect(status).toBe(expected)
  if (expected === 403)
    expect(json).toMatchObject({
      code: 'ROLE_INSUFFICIENT',
      message: expect.stringMatching(`"someone" has the role ${who}.`),
    })
})
