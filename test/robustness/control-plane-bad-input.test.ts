import { describe, expect, test } from 'vitest'
import { Role } from '#core/contracts/routes/route.ts'
import { dispatchJob } from '#core/runs/jobs-catalog.ts'
import { type Answer, busySite, type GoodCall } from '#test/support/good-calls.ts'

/*
 * Every route of the API, with everything that a caller may get wrong: each row is one route, each test one mistake. The calls are good ones
 * (test/support/good-calls.ts) with that one thing changed, so that nothing else is why they are refused.
 */

const site = await busySite()
const rowsOf = (calls: readonly GoodCall[]) =>
  calls.map((call): [string, GoodCall] => [call.name, call])
const all = rowsOf(site.calls)
const ofPeople = rowsOf(site.calls.filter(({ route }) => route.audience === 'person'))
const ofGateways = rowsOf(site.calls.filter(({ route }) => route.audience === 'gateway'))
const withBody = rowsOf(site.calls.filter(({ body }) => body !== undefined))

const once = async (call: GoodCall, other: Parameters<typeof site.make>[2] = {}) =>
  site.make(await (await site.copy()).api(), call, other)

/** Refused with a document that says why, in the form that all have, and that nobody keeps. */
const expectRefused = ({ status, headers, json }: Answer, wanted: number, code: string) => {
  expect({ status, code: json.code }, JSON.stringify(json)).toEqual({ status: wanted, code })
  expect(headers).toMatchObject({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  })
  expect(json).toMatchObject({ type: 'about:blank', title: code, status: wanted })
  for (const member of ['detail', 'message', 'advice'])
    expect(json[member], member).toMatch(/^\S.*\S$/s)
}

/** Each value within, with a way to put something else there. */
const leavesOf = (value: unknown, put: (other: unknown) => unknown = other => other): Leaf[] => {
  if (typeof value !== 'object' || value === null) return [{ value, put }]
  const entries = Object.entries(value)
  return entries.flatMap(([key, inner]) =>
    leavesOf(inner, other =>
      put(
        Array.isArray(value)
          ? value.map((item, index) => (String(index) === key ? other : item))
          : { ...value, [key]: other },
      ),
    ),
  )
}
interface Leaf {
  value: unknown
  put: (other: unknown) => unknown
}

describe('without a token nobody gets in', () => {
  test.each([...ofPeople, ...ofGateways])('%s', async (_, call) => {
    expectRefused(await once(call, { authorization: '' }), 401, 'TOKEN_INVALID')
    expectRefused(await once(call, { authorization: 'Bearer x.y.z' }), 401, 'TOKEN_INVALID')
  })
})

describe('a role that is too small is refused', () => {
  const rows = ofPeople.flatMap(([name, call]): [string, Role, GoodCall][] => {
    if (call.route.audience !== 'person') return []
    const least = Role.options.indexOf(call.route.role)
    return Role.options.slice(0, least).map(role => [name, role, call])
  })
  test.each(rows)('%s by a %s', async (_, role, call) => {
    expectRefused(await once(call, { authorization: `Bearer ${role}` }), 403, 'ROLE_INSUFFICIENT')
  })
  test('a viewer changes nothing at all', () => {
    const open = ofPeople.filter(
      ([, { route, method }]) =>
        method !== 'GET' &&
        !route.readOnly &&
        route.audience === 'person' &&
        route.role === 'viewer',
    )
    expect(open.map(([name]) => name)).toEqual([])
  })
})

describe('a token of a gateway works once, for one call, and not for the path of another gateway', () => {
  test.each(ofGateways)('%s', async (_, call) => {
    const api = await (await site.copy()).api()
    const authorization = await site.authorizationOf(api, call)
    if (!authorization) throw new Error('A gateway has a token.')
    expect((await site.make(api, call, { authorization })).status).toBe(200)
    expectRefused(await site.make(api, call, { authorization }), 401, 'TOKEN_REPLAYED')

    const elsewhere = await site.authorizationOf(api, { ...call, path: '/v1/elsewhere' })
    expectRefused(
      await site.make(api, call, { authorization: elsewhere ?? '' }),
      401,
      'TOKEN_INVALID',
    )
    api.wait(10 * 60_000)
    const late = await site.authorizationOf(await (await site.copy()).api(), call)
    expectRefused(await site.make(api, call, { authorization: late ?? '' }), 401, 'CLOCK_SKEW')
    const path = call.path.replace(site.gateway.gatewayId, '01J0000000000000000000000X')
    if (path !== call.path) expectRefused(await once(call, { path }), 403, 'GATEWAY_FOREIGN')
  })
})

describe('a query with members that nobody knows, or twice the same, is refused', () => {
  test.each(all)('%s', async (_, call) => {
    for (const query of ['forse=1', 'forse=1&forse=2'])
      expectRefused(await once(call, { query }), 400, 'REQUEST_INVALID')
  })
})

describe('a body of another form, with members that nobody knows, or that is no JSON is refused', () => {
  test.each(all)('%s', async (_, call) => {
    if (call.method === 'GET') return
    for (const body of [[], 'text', 7, null, { ...(call.body as object), forse: 1 }])
      expectRefused(await once(call, { body }), 400, 'REQUEST_INVALID')
  })
})

describe('values of a wrong type, and values that are too long, are refused', () => {
  test.each(withBody)('%s', async (_, call) => {
    for (const { value, put } of leavesOf(call.body)) {
      const wrong = typeof value === 'number' ? 'text' : { forse: 1 }
      expectRefused(await once(call, { body: put(wrong) }), 400, 'REQUEST_INVALID')
      if (typeof value !== 'string') continue
      expectRefused(await once(call, { body: put('x'.repeat(100_000)) }), 400, 'REQUEST_INVALID')
    }
  })
})

describe('ids that are none are refused, ids of nothing are told to be of nothing', () => {
  const rows = all.flatMap(([name, call]) =>
    Array.from(
      call.route.path.matchAll(/\{(\w+)\}/g),
      ([, param = '']) => [name, param, call] as const,
    ),
  )
  test.each(rows)('%s: %s', async (_, param, call) => {
    const good = call.path.split('/')
    const at = (id: string) =>
      call.route.path
        .split('/')
        .map((part, index) => (part === `{${param}}` ? id : good[index]))
        .join('/')
    const isOwn = call.route.audience === 'gateway' && param === 'gatewayId'
    const spoiled = ['x', '%00', '01J000000000000000000000i0', '..%2F..', 'x'.repeat(5_000)]
    for (const id of spoiled) {
      const [status, code] = isOwn
        ? ([403, 'GATEWAY_FOREIGN'] as const)
        : ([400, 'REQUEST_INVALID'] as const)
      expectRefused(await once(call, { path: at(id) }), status, code)
    }
    if (isOwn || param === 'repositoryId') return
    const nothing = param.endsWith('Uuid')
      ? '00000000-0000-4000-8000-00000000dead'
      : '01J00000000000000000000000'
    const { status, json } = await once(call, { path: at(nothing) })
    expect({ status, code: json.code }).toEqual({
      status: 404,
      code: expect.stringMatching(/_NOT_FOUND$/),
    })
  })
})

describe('what comes under an old epoch is refused', () => {
  const rows = ofGateways.filter(([, { body }]) => 'epoch' in ((body ?? {}) as object))
  test.each(rows)('%s', async (_, call) => {
    const { gatewayId, jobId, removalId, lockingId, lookJobId, recallId } = site.ids
    const copy = await site.copy()
    const api = await copy.api()
    for (const id of [jobId, removalId, lockingId, lookJobId, recallId])
      await dispatchJob(copy.catalog, id, 'token')
    // A new process of the gateway has its jobs now, under the next epoch.
    await api.asGateway('POST', `/v1/gateways/${gatewayId}/lease`, {
      ...{ instance: '01J000000000000000000000PB', freeSlots: 8, freeLooks: 1 },
      ...{ pools: ['00000000-0000-4000-8000-0000000000aa'], holding: [] },
    })
    expectRefused(await site.make(api, call), 409, 'EPOCH_OUTDATED')
  })
})
