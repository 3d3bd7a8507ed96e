import { ulid } from 'ulid'
import { expect, test, vi } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { noGrants } from '#core/access/grants.ts'
import { GrantsUnavailableError } from '#core/errors/access.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { GUESSES } from '#core/gateways/guesses.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, POOL, poolOf, signToken } from '#test/support/fake-gateway.ts'

const MINUTE = 60_000

/** A site whose gateway holds the job of a backup, and what was asked of the grants. */
const setUp = async (fail?: () => Error | undefined) => {
  const revoked: unknown[] = []
  const api = await testApi({
    grants: {
      ...noGrants,
      revoke: async (...args) => {
        revoked.push(args)
        const error = fail?.()
        if (error) throw error
      },
    },
  })
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf('web01')] })
  const instance = ulid()
  const lease = (gateway = api.gateway) => {
    const path = `/v1/gateways/${gateway.gatewayId}/lease`
    return signToken(gateway, 'POST', path, {}, api.ports.clock.now()).then(token =>
      api.call('POST', path, {
        authorization: `Bearer ${token}`,
        body: { instance, freeSlots: 4, pools: [POOL] },
      }),
    )
  }
  const enrolAnother = async (name: string) => {
    const { publicKey, privateKey } = await makeKeyPair()
    const { code } = await createCode(api.ports.catalog, api.ports.random, api.ports.clock.now())
    const body = { code, name, publicKey }
    const { json } = await api.call('POST', '/v1/enrolments', { body })
    return { gatewayId: String(json.gatewayId), privateKey }
  }
  const revoke = (id = gatewayId) => api.asPerson('POST', `/v1/gateways/${id}/revoke`)
  const names = async () =>
    ((await api.asPerson('GET', '/v1/gateways')).json.items as { name: string }[]).map(
      ({ name }) => name,
    )
  return { api, gatewayId, lease, enrolAnother, revoke, revoked, names }
}

const startBackup = async (api: Awaited<ReturnType<typeof testApi>>) =>
  String((await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })).json.runId)

test('a revoked gateway is refused from the next call on, and its job goes to the other one of the pool at once', async () => {
  const { api, lease, enrolAnother, revoke, revoked, gatewayId } = await setUp()
  await startBackup(api)
  const other = await enrolAnother('site B')
  await expect.poll(async () => (await lease()).json.jobs).toHaveLength(1)
  expect((await lease(other)).json).toMatchObject({ jobs: [], standingBy: [{ poolUuid: POOL }] })

  const { status, json } = await revoke()
  expect({ status, ...json }).toEqual({
    ...{ status: 200, gatewayId, name: 'site A', jobs: 1 },
    sessionsEndBy: NOON + 15 * MINUTE,
  })
  expect(revoked).toEqual([[gatewayId, []]])
  const refused = await lease()
  expect({ status: refused.status, ...refused.json }).toMatchObject({
    status: 401,
    code: 'GATEWAY_REVOKED',
  })
  expect((await lease(other)).json.jobs).toMatchObject([{ epoch: 2 }])
})

test('to revoke a gateway, jobs that have ended are not read', async () => {
  const { api, lease, revoke } = await setUp()
  const first = await startBackup(api)
  const [job] = await vi.waitUntil(async () => {
    const { json } = await lease()
    const jobs = json.jobs as { jobId: string; epoch: number }[]
    return jobs.length > 0 && jobs
  })
  await api.asPerson('POST', `/v1/runs/${first}/cancel`)
  await api.asGateway('POST', `/v1/jobs/${job?.jobId}/result`, {
    ...{ epoch: job?.epoch, outcome: { status: 'cancelled' } },
  })
  const second = await startBackup(api)
  await expect.poll(async () => (await lease()).json.jobs).toHaveLength(1)
  const { catalog } = api.ports
  const [get, query] = [vi.spyOn(catalog, 'get'), vi.spyOn(catalog, 'query')]
  expect((await revoke()).json).toMatchObject({ jobs: 1 })
  expect(get.mock.calls.filter(([{ pk }]) => pk === `RUN#${first}`)).toStrictEqual([])
  expect(query.mock.calls.filter(([pk]) => pk.startsWith('RUN#'))).toStrictEqual([])
  expect(get.mock.calls.some(([{ pk }]) => pk === `RUN#${second}`)).toBe(true)
})

test('the job of a revoked gateway that was alone waits, says so, and fails within the hour', async () => {
  const { api, lease, revoke } = await setUp()
  const runId = await startBackup(api)
  await expect.poll(async () => (await lease()).json.jobs).toHaveLength(1)
  await revoke()
  const { json } = await api.asPerson('GET', `/v1/runs/${runId}`)
  expect(json.jobs).toMatchObject([
    { line: `interrupted after attempt 1; waiting: no gateway serves the pool ${POOL}` },
  ])
})

test('where AWS does not answer, the calls are refused all the same, and revoking again does the rest', async () => {
  let isAway = true
  const { lease, revoke, revoked } = await setUp(() =>
    isAway ? new GrantsUnavailableError('end the sessions of the gateway') : undefined,
  )
  const first = await revoke()
  expect({ status: first.status, ...first.json }).toMatchObject({
    ...{ status: 503, code: 'GRANTS_UNAVAILABLE', retryable: true },
  })
  expect((await lease()).json).toMatchObject({ code: 'GATEWAY_REVOKED' })
  isAway = false
  expect((await revoke()).status).toBe(200)
  expect(revoked).toHaveLength(2)
})

test('refusals at the roles are taken back once no session can live, and once', async () => {
  const { api, gatewayId, enrolAnother, revoke, revoked } = await setUp()
  const [second, third] = [await enrolAnother('b'), await enrolAnother('c')]
  await revoke()
  api.wait(61 * MINUTE)
  await revoke(second.gatewayId)
  await revoke(third.gatewayId)
  expect(revoked).toEqual([
    [gatewayId, []],
    [second.gatewayId, [gatewayId]],
    [third.gatewayId, []],
  ])
})

test('a gateway that nobody knows cannot be revoked', async () => {
  const { revoke } = await setUp()
  const { status, json } = await revoke(ulid())
  expect({ status, ...json }).toMatchObject({ status: 404, code: 'GATEWAY_NOT_FOUND' })
})

test('two gateways never bear one name: enrolment counts on, renaming is refused, a revoked one gives its name back', async () => {
  const { api, gatewayId, enrolAnother, revoke, names } = await setUp()
  const second = await enrolAnother('Site A')
  expect(await names()).toEqual(['site A', 'Site A (2)'])
  const rename = (id: string, name: string) =>
    api.asPerson('POST', `/v1/gateways/${id}/rename`, { name })
  const taken = await rename(second.gatewayId, 'SITE A')
  expect({ status: taken.status, ...taken.json }).toMatchObject({
    ...{ status: 409, code: 'GATEWAY_NAME_TAKEN' },
  })
  await revoke(gatewayId)
  expect((await rename(second.gatewayId, 'site A')).json).toEqual({
    gatewayId: second.gatewayId,
    name: 'site A',
  })
  expect(await names()).toEqual(['site A'])
})

test('of many that hand in one code at the same moment one gets in', async () => {
  const catalog = memoryCatalog()
  const random = { bytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)) }
  const { code } = await createCode(catalog, random, NOON)
  const keys = await Promise.all(Array.from({ length: 10 }, makeKeyPair))
  const results = await Promise.allSettled(
    keys.map(({ publicKey }) =>
      enrolGateway(catalog, { code, name: 'one', publicKey }, ulid(), NOON),
    ),
  )
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const result of results)
    if (result.status === 'rejected')
      expect(result.reason).toMatchObject({ code: 'ENROLMENT_CODE_INVALID' })
})

test('of one token that comes ten times at the same moment one call is answered', async () => {
  const { api, gatewayId } = await setUp()
  const path = `/v1/gateways/${gatewayId}/open-jobs`
  const token = await signToken(api.gateway, 'POST', path, {}, NOON)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      api.call('POST', path, { authorization: `Bearer ${token}`, body: { jobIds: [] } }),
    ),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const { status, json } of answers)
    if (status !== 200) expect(json).toMatchObject({ code: 'TOKEN_REPLAYED' })
})

test('an address that hands in wrong codes is refused for a while, right ones from elsewhere are not', async () => {
  const { api } = await setUp()
  const { publicKey } = await makeKeyPair()
  const { code } = await createCode(api.ports.catalog, api.ports.random, NOON)
  const enrol = (given: string, address: string) =>
    api.call('POST', '/v1/enrolments', {
      body: { code: given, name: 'new', publicKey },
      address,
    })
  for (let i = 0; i < GUESSES; i++)
    expect((await enrol('AAAAA-AAAAA-AAAAA-AAAAA', `2001:db8::${i}`)).status).toBe(403)
  const limited = await enrol(code, '2001:db8:0:0:1::99')
  expect({ status: limited.status, ...limited.json }).toMatchObject({
    ...{ status: 429, code: 'ENROLMENT_LIMITED', retryable: true },
  })
  expect((await enrol(code, '2001:db8:0:1::1')).status).toBe(200)
  api.wait(11 * MINUTE)
  const fresh = await createCode(api.ports.catalog, api.ports.random, api.ports.clock.now())
  const again = await api.call('POST', '/v1/enrolments', {
    body: { code: fresh.code, name: 'other', publicKey: (await makeKeyPair()).publicKey },
    address: '2001:db8::1',
  })
  expect(again.status).toBe(200)
})
