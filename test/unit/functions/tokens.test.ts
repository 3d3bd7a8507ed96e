import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { CatalogUnavailableError } from '#core/errors/catalog.ts'
import { auditedDetail } from '#functions/middleware/audited-detail.ts'
import { withApiTokens } from '#local/bearer-authenticator.ts'
import { NOON, testApi } from '#test/support/call-api.ts'
import { poolOf, vmUuid } from '#test/support/fake-gateway.ts'

/** The API of one machine: the owner, and tokens beside. */
const site = async () => {
  const api = await testApi()
  const { authenticator, catalog, clock } = api.ports
  api.ports.authenticator = withApiTokens(authenticator, { catalog, clock })
  const create = async (body: object, idempotencyKey?: string) =>
    api.call('POST', '/v1/tokens', {
      authorization: 'Bearer person',
      body,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    })
  const records = async () =>
    (await catalog.query<AuditRecord>(keys.auditRecord('test', 1).pk)).items.map(
      ({ value }) => value,
    )
  return { ...api, create, records }
}

test('a token is made, used within its role, listed without its secret, and revoked at once', async () => {
  const { call, create, asPerson } = await site()
  const { json, headers } = await create({ name: 'tickets', role: 'viewer' })
  expect(headers).toMatchObject({ 'cache-control': 'no-store' })
  const authorization = `Bearer ${json.token}`
  expect((await call('GET', '/v1/runs', { authorization })).status).toBe(200)
  expect((await call('POST', '/v1/runs', { authorization, body: {} })).json).toMatchObject({
    code: 'ROLE_INSUFFICIENT',
    message: `This call takes the role operator; "tickets (${json.tokenId})" has the role viewer.`,
  })
  const listed = await asPerson('GET', '/v1/tokens')
  expect(listed.json.items).toEqual([
    {
      tokenId: json.tokenId,
      name: 'tickets',
      role: 'viewer',
      created: NOON,
      createdBy: 'someone',
      lastUsed: NOON,
    },
  ])
  await asPerson('DELETE', `/v1/tokens/${json.tokenId}`)
  expect(await call('GET', '/v1/runs', { authorization })).toMatchObject({
    status: 401,
    json: { code: 'TOKEN_EXPIRED', message: 'The token "tickets" was revoked.' },
  })
  expect((await asPerson('DELETE', `/v1/tokens/${json.tokenId}`)).json.revoked).toBe(NOON)
})

test('who may not administrate makes no token, not even with one', async () => {
  const { call, create, asPerson } = await site()
  const body = { name: 'more', role: 'administrator' }
  const { json } = await create({ name: 'tickets', role: 'operator' })
  for (const authorization of ['Bearer operator', `Bearer ${json.token}`])
    expect((await call('POST', '/v1/tokens', { authorization, body })).status).toBe(403)
  expect((await asPerson('GET', '/v1/tokens')).json.items).toHaveLength(1)
})

test('an answer with a secret is kept nowhere: a repetition under its key is refused, and nothing is made twice', async () => {
  const { create, asPerson, ports, records } = await site()
  const body = { name: 'tickets', role: 'viewer' }
  const { json } = await create(body, 'one')
  expect(await create(body, 'one')).toMatchObject({
    status: 409,
    json: { code: 'IDEMPOTENCY_ANSWER_NOT_KEPT' },
  })
  expect((await asPerson('GET', '/v1/tokens')).json.items).toHaveLength(1)
  const secret = String(json.token).split('_')[2] ?? ''
  const stored = [
    await ports.catalog.query('IDEMPOTENT'),
    await ports.catalog.query('TOKENS'),
    await records(),
  ]
  expect(JSON.stringify(stored)).not.toContain(secret)
})

test('a token that would have ended already is not made', async () => {
  const { create } = await site()
  const { status, json } = await create({ name: 'late', role: 'viewer', expires: NOON })
  expect({ status, message: json.message }).toEqual({
    status: 400,
    message: 'The request is not valid: body.expires: lies in the past.',
  })
})

test('every change leaves two records, a refusal one, a look none', async () => {
  const { call, create, asPerson, records } = await site()
  const { json } = await create({ name: 'tickets', role: 'operator' })
  await asPerson('GET', '/v1/tokens')
  const authorization = `Bearer ${json.token}`
  await call('POST', '/v1/enrolment-codes', { authorization })
  await call('POST', '/v1/runs', { authorization, body: { kind: 'backup', vms: ['web01'] } })
  await call('POST', '/v1/runs', { authorization, rawBody: 'no JSON' })
  await call('POST', '/v1/runs', { authorization: 'Bearer nobody', body: {} })
  const who = `tickets (${json.tokenId})`
  expect(
    (await records()).map(({ seq, who, source, action, outcome, code, of, target, detail }) => ({
      ...{ seq, who, source, action, outcome, code, of, target, detail },
    })),
  ).toEqual([
    {
      seq: 1,
      who: 'someone',
      source: 'person',
      action: 'createToken',
      outcome: 'asked',
      detail: 'name: "tickets"; role: "operator"',
    },
    {
      ...{
        seq: 2,
        who: 'someone',
        source: 'person',
        action: 'createToken',
        outcome: 'done',
        of: 1,
      },
      target: json.tokenId,
    },
    {
      seq: 3,
      who,
      source: 'token',
      action: 'createEnrolmentCode',
      outcome: 'refused',
      code: 'ROLE_INSUFFICIENT',
    },
    {
      seq: 4,
      who,
      source: 'token',
      action: 'startRun',
      outcome: 'asked',
      detail: 'kind: "backup"; vms: ["web01"]',
    },
    {
      seq: 5,
      who,
      source: 'token',
      action: 'startRun',
      outcome: 'refused',
      code: 'VM_NOT_FOUND',
      of: 4,
    },
  ])
})

test('records say which run was started, what is held, and how long a policy keeps its points; never what a hook runs', async () => {
  const { asGateway, asPerson, gateway, records } = await site()
  const pools = [poolOf('web01')]
  await asGateway('PUT', `/v1/gateways/${gateway.gatewayId}/inventory`, { pools })
  const { json: run } = await asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  await asPerson('POST', '/v1/holds', { on: { vmUuid: vmUuid(1) }, reason: 'case 4711' })
  await asPerson('POST', '/v1/policies', {
    name: 'nightly',
    retention: { points: 3 },
    hooks: { before: 'password' },
  })
  const told = (await records()).map(({ outcome, target, detail }) => ({
    ...{ outcome, target, detail },
  }))
  expect(told).toMatchObject([
    { outcome: 'asked', detail: 'kind: "backup"; vms: ["web01"]' },
    { outcome: 'done', target: run.runId },
    { outcome: 'asked', detail: `on: {"vmUuid":"${vmUuid(1)}"}; reason: "case 4711"` },
    { outcome: 'done' },
    { outcome: 'refused', detail: 'name: "nightly"; retention: {"points":3}; hooks' },
  ])
  expect(auditedDetail({ version: 2, policy: { retention: { last: 7 }, hooks: {} } })).toBe(
    'version: 2; policy.retention: {"last":7}; policy.hooks',
  )
})

test('what broke in the middle of its work is recorded as failed, not as refused: some of it may be done', async () => {
  const { ports, create, records } = await site()
  const { catalog } = ports
  ports.catalog = {
    ...catalog,
    write: async writes => {
      await catalog.write(writes)
      if (writes.some(({ key }) => key.pk === keys.token('').pk))
        throw new CatalogUnavailableError('hear what became of a write')
    },
  }
  expect(await create({ name: 'tickets', role: 'viewer' })).toMatchObject({ status: 503 })
  expect(await records()).toMatchObject([
    { outcome: 'asked' },
    { outcome: 'failed', code: 'CATALOG_UNAVAILABLE', of: 1 },
  ])
})

test('what cannot be recorded is not done', async () => {
  const { ports, create, asPerson } = await site()
  const { catalog } = ports
  ports.catalog = {
    ...catalog,
    write: async writes => {
      if (writes.some(({ key }) => key.pk.startsWith('AUDIT')))
        throw new CatalogUnavailableError('record the change')
      await catalog.write(writes)
    },
  }
  expect(await create({ name: 'tickets', role: 'viewer' })).toMatchObject({
    status: 503,
    headers: { 'retry-after': '5' },
    json: { code: 'CATALOG_UNAVAILABLE', retryable: true },
  })
  ports.catalog = catalog
  expect((await asPerson('GET', '/v1/tokens')).json.items).toEqual([])
})

test('the records are listed newest first, by filters, for administrators', async () => {
  const { create, asPerson, call } = await site()
  for (const name of ['a', 'b', 'c']) await create({ name, role: 'viewer' })
  await create({ name: 'd', role: 'root' })
  const seqs = async (query: string) =>
    ((await asPerson('GET', '/v1/audit', undefined, query)).json.items as AuditRecord[]).map(
      ({ seq }) => seq,
    )
  expect(await seqs('')).toEqual([7, 6, 5, 4, 3, 2, 1])
  expect(await seqs('outcome=refused')).toEqual([7])
  expect(await seqs('outcome=done&order=oldest')).toEqual([2, 4, 6])
  expect(await seqs('who=nobody')).toEqual([])
  expect(await seqs(`from=${NOON + 1}`)).toEqual([])
  const first = (await asPerson('GET', '/v1/audit', undefined, 'outcome=asked&limit=2')).json
  expect(first).toMatchObject({ chain: 'test', chains: ['test'], items: [{ seq: 5 }, { seq: 3 }] })
  expect(await seqs(`outcome=asked&limit=2&after=${first.next}`)).toEqual([1])
  expect((await call('GET', '/v1/audit', { authorization: 'Bearer operator' })).status).toBe(403)
})

test('rules that a restore sets aside stand with their reasons', () => {
  const overrides = [{ rule: 'mcs-storage', because: 'w'.repeat(300) }]
  const json = { pointId: 'P', wishes: { overrides, identity: 'same', networks: {} } }
  expect(auditedDetail(json)).toBe(
    `pointId: "P"; wishes.overrides: ${JSON.stringify(overrides)}; wishes.identity: "same"; wishes.networks`,
  )
})

test('why somebody did something stands in full, other long values cut', () => {
  const [why, long] = ['w'.repeat(400), 'v'.repeat(400)]
  expect(auditedDetail({ because: why, name: long })).toBe(
    `because: "${why}"; name: "${'v'.repeat(159)}…`,
  )
})
