import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { StartRunRequest } from '#core/contracts/runs-api.ts'
import { testApi } from '#test/support/call-api.ts'
import { backedUp, POOL, pointOf, poolOf, progress, vmUuid } from '#test/support/fake-gateway.ts'

const ULID = '01J00000000000000000000000'
const NAMES = Object.keys(routes) as RouteName[]

const KINDS = StartRunRequest.options.map(({ shape }) => `'${shape.kind.value}'`).join(' | ')

test.each([
  ['no JSON', '{"vms":', 'The request is not valid: the body is not JSON.'],
  [
    'no object',
    '[]',
    'The request is not valid: body: Invalid input: expected object, received array.',
  ],
  [
    'an unknown kind',
    '{"kind":"x"}',
    `The request is not valid: body.kind: Invalid discriminator value. Expected ${KINDS}.`,
  ],
  [
    'a missing member',
    '{"kind":"restore"}',
    'The request is not valid: body.pointId: the id of a recovery point, or a list of them, is missing.',
  ],
  [
    'nothing to do',
    '{"kind":"backup"}',
    'The request is not valid: it does not say what is to be backed up.',
  ],
  [
    'an unknown member',
    '{"kind":"backup","vms":["a"],"forse":1}',
    'The request is not valid: body: does not take "forse".',
  ],
  [
    'a wrong member',
    '{"kind":"backup","vms":["a",""]}',
    'The request is not valid: body.vms[1]: Too small: expected string to have >=1 characters.',
  ],
])('%s is refused by name', async (_, rawBody, message) => {
  const api = await testApi()
  const { status, headers, json } = await api.call('POST', '/v1/runs', {
    rawBody,
    authorization: 'Bearer person',
  })
  expect(headers['content-type']).toBe('application/problem+json')
  expect({ ...json, httpStatus: status }).toMatchObject({
    httpStatus: 400,
    status: 400,
    code: 'REQUEST_INVALID',
    title: 'REQUEST_INVALID',
    message,
    detail: message,
  })
})

test.each([
  ['limit=0', 'query.limit: Too small: expected number to be >=1'],
  ['limit=1&limit=2', 'query.limit is given twice'],
  ['foo=1', 'query: does not take "foo"'],
])('the query %s is refused', async (query, text) => {
  const api = await testApi()
  const { status, json } = await api.asPerson('GET', '/v1/runs', undefined, query)
  expect(status).toBe(400)
  expect(json.message).toContain(text)
})

test('an unknown path is 404, a known one with another method 405 with what it takes', async () => {
  const api = await testApi()
  expect(await api.asPerson('GET', '/v1/nothing')).toMatchObject({
    status: 404,
    json: { code: 'ROUTE_UNKNOWN' },
  })
  expect(await api.asPerson('PUT', '/v1/runs')).toMatchObject({
    status: 405,
    headers: { allow: 'POST, GET' },
    json: { code: 'METHOD_NOT_ALLOWED' },
  })
})

test('a body over the limit is refused before anything else', async () => {
  const api = await testApi()
  const rawBody = `"${'x'.repeat(320 * 1024)}"`
  expect(await api.call('POST', `/v1/jobs/${ULID}/result`, { rawBody })).toMatchObject({
    status: 413,
    json: { code: 'BODY_TOO_LARGE' },
  })
})

test('a point larger than an item of the catalog may be is refused, not half entered', async () => {
  const api = await testApi()
  const reasons = Array.from({ length: 20 }, () => 'x'.repeat(500))
  const disk = {
    vdiUuid: vmUuid(1),
    name: '',
    userdevice: '0',
    size: 0,
    rung: 'vhd',
    incremental: false,
    reasons,
    bytesRead: 0,
    rootHash: '',
  }
  const point = {
    ...pointOf(ULID, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }),
    disks: Array.from({ length: 60 }, () => disk),
  }
  const path = `/v1/repositories/${point.repositoryId}/points`
  expect(await api.asGateway('PUT', path, { points: [point] })).toMatchObject({
    status: 400,
    json: { code: 'CATALOG_INVALID', message: expect.stringContaining('the limit is 390000') },
  })
  expect((await api.asPerson('GET', '/v1/points')).json).toEqual({ items: [] })
})

const pathOf = (name: RouteName, gatewayId: string, id: string) =>
  routes[name].path
    .replace('{gatewayId}', gatewayId)
    .replace('{repositoryId}', '0'.repeat(32))
    .replace(/\{\w+\}/, encodeURIComponent(id))

test('whatever is sent to whichever route, the answer is never a 500', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf('web01')] })

  const words = fc.constantFrom(
    'backup',
    'restore',
    'web01',
    ULID,
    'cancelled',
    gatewayId,
    '',
    '\0',
  )
  const members = fc.constantFrom(
    'kind',
    'vms',
    'pointId',
    'start',
    'instance',
    'freeSlots',
    'pools',
    'epoch',
    'progress',
    'outcome',
    'status',
    'jobId',
    'code',
    'name',
    'publicKey',
    'points',
    'pointIds',
    '__proto__',
  )
  const { body } = fc.letrec(tie => ({
    leaf: fc.oneof(words, fc.jsonValue({ maxDepth: 1 }), fc.integer()),
    body: fc.oneof(
      tie('leaf'),
      fc.array(tie('leaf'), { maxLength: 3 }),
      fc.dictionary(members, tie('body'), { maxKeys: 5 }),
    ),
  }))
  const query = fc.oneof(
    fc.constant(''),
    fc
      .record({ key: fc.constantFrom('limit', 'after', 'vm', 'x'), value: fc.string() })
      .map(({ key, value }) => `${key}=${encodeURIComponent(value)}`),
    fc.string(),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.oneof(fc.constant(ULID), fc.string()),
      body,
      query,
      async (name, id, sent, search) => {
        const { method, audience } = routes[name]
        const path = pathOf(name, gatewayId, id)
        const { status, json } =
          audience === 'gateway'
            ? await api.asGateway(method, path, sent)
            : await api.asPerson(method, path, sent, search)
        expect(status, JSON.stringify(json)).toBeLessThan(500)
        if (status >= 400) expect(json.code).toMatch(/^[A-Z_]+$/)
      },
    ),
    { numRuns: 600 },
  )
})

test('a good call with one member spoilt is never a 500 either', async () => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  const outcome = backedUp(ULID, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL })
  const good: Partial<Record<RouteName, unknown>> = {
    enrol: { code: 'ABCDE-ABCDE', name: 'x', publicKey: 'A'.repeat(43) },
    lease: { instance: ULID, freeSlots: 2, pools: [POOL], holding: [ULID] },
    credentials: { jobId: ULID, epoch: 1 },
    putInventory: { pools: [poolOf('web01', 'db')] },
    heartbeat: { epoch: 1, progress },
    result: { epoch: 1, outcome },
    openJobs: { jobIds: [ULID] },
    missingPoints: { pointIds: [ULID] },
    putPoints: { points: [outcome.status === 'backed-up' ? outcome.point : {}] },
    startRun: { kind: 'backup', vms: ['web01'] },
  }
  const spoil = (value: unknown, path: number[], put: unknown): unknown => {
    const [step = 0, ...rest] = path
    if (typeof value !== 'object' || value === null || path.length === 0) return put
    const entries = Object.entries(value)
    const at = entries[step % Math.max(1, entries.length)]
    if (!at) return put
    const copy: Record<string, unknown> = Array.isArray(value)
      ? ([...value] as never)
      : { ...value }
    copy[at[0]] = spoil(at[1], rest, put)
    return copy
  }
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(good) as RouteName[])),
      fc.array(fc.nat(12), { maxLength: 4 }),
      fc.oneof(
        fc.jsonValue(),
        fc.constantFrom(undefined, 2 ** 53, -1, 1e308, '\ud800', 'x'.repeat(999)),
      ),
      async (name, path, put) => {
        const { method, audience } = routes[name]
        const sent = spoil(good[name], path, put)
        const at = pathOf(name, gatewayId, ULID)
        const { status, json } =
          audience === 'gateway'
            ? await api.asGateway(method, at, sent)
            : await api.asPerson(method, at, sent)
        expect(status, JSON.stringify([json, sent])).toBeLessThan(500)
      },
    ),
    { numRuns: 1_000 },
  )
})

test('well-formed calls on what does not exist are answered with what is missing', async () => {
  const api = await testApi()
  const epoch = { epoch: 1 }
  const progress = { phase: '', bytesTotal: 0, bytesDone: 0, bytesRead: 0, bytesStored: 0 }
  const cases = [
    [await api.asPerson('GET', `/v1/runs/${ULID}`), 'RUN_NOT_FOUND'],
    [await api.asPerson('POST', `/v1/runs/${ULID}/cancel`), 'RUN_NOT_FOUND'],
    [await api.asPerson('POST', '/v1/runs', { kind: 'restore', pointId: ULID }), 'POINT_NOT_FOUND'],
    [await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['x'] }), 'VM_NOT_FOUND'],
    [await api.asPerson('GET', '/v1/points', undefined, 'vm=x'), 'VM_NOT_FOUND'],
    [
      await api.asGateway('POST', `/v1/jobs/${ULID}/heartbeat`, { ...epoch, progress }),
      'JOB_NOT_FOUND',
    ],
    [
      await api.asGateway('POST', `/v1/jobs/${ULID}/result`, {
        ...epoch,
        outcome: { status: 'cancelled' },
      }),
      'JOB_NOT_FOUND',
    ],
  ] as const
  for (const [{ status, json }, code] of cases) {
    expect({ status, code: json.code }).toEqual({ status: 404, code })
  }
})
