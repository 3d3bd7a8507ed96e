import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import type { Run } from '#core/runs/run.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { poolOf } from '#test/support/fake-gateway.ts'

const site = async () => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web01', 'db01')] })
  return api
}

const start = (api: TestApi, idempotencyKey: string, vm = 'web01') =>
  api.call('POST', '/v1/runs', {
    authorization: 'Bearer person',
    body: { kind: 'backup', vms: [vm] },
    idempotencyKey,
  })

const runsOf = async ({ ports }: TestApi) =>
  (await ports.catalog.query(keys.run('').pk, { limit: 10 })).items.map(({ sk }) => sk)

test('a request that comes again under its key is answered as before, and starts nothing', async () => {
  const api = await site()
  const first = await start(api, '"0b5c9a1e-again"')
  api.wait(60_000)
  expect((await start(api, '"0b5c9a1e-again"')).json).toStrictEqual(first.json)
  expect(await runsOf(api)).toStrictEqual([first.json.runId])
})

test('of many at the same moment one starts the run, the others are told to ask again and get its answer', async () => {
  const api = await site()
  const answers = await Promise.all(Array.from({ length: 8 }, () => start(api, 'one')))
  const runs = await runsOf(api)
  expect(runs).toHaveLength(1)
  const fresh = answers.filter(
    ({ status, headers }) => status === 200 && headers['idempotency-replayed'] === undefined,
  )
  expect(fresh).toHaveLength(1)
  for (const { status, json, headers } of answers)
    if (status !== 200)
      expect({ status, ...json, ...headers }).toMatchObject({
        status: 409,
        code: 'IDEMPOTENCY_KEY_IN_USE',
        retryable: true,
        'retry-after': '1',
      })
  const again = await start(api, 'one')
  expect(again.json).toStrictEqual({ runId: runs[0] })
  expect(again.headers['idempotency-replayed']).toBe('true')
})

test('another key, or none, is another run', async () => {
  const api = await site()
  await start(api, 'one')
  await start(api, 'two')
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  expect(await runsOf(api)).toHaveLength(3)
})

test('a key does not stand for another request', async () => {
  const api = await site()
  await start(api, 'one')
  const { status, json: problem } = await start(api, 'one', 'db01')
  expect({ status, ...problem }).toMatchObject({
    status: 422,
    code: 'IDEMPOTENCY_KEY_REUSED',
    message: 'Another request was sent under the same idempotency key before.',
  })
})

test('what was refused starts later under the same key', async () => {
  const api = await site()
  expect((await start(api, 'one', 'web02')).json).toMatchObject({ code: 'VM_NOT_FOUND' })
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web02')] })
  expect((await start(api, 'one', 'web02')).status).toBe(200)
})

/** A site whose workflow does not start, as often as told. */
const troubled = async (failures: number) => {
  const api = await site()
  const { workflow } = api.ports
  let left = failures
  const start: typeof workflow.start = async (...given) => {
    if (left-- > 0) throw new WorkflowUnavailableError('start the run')
    return workflow.start(...given)
  }
  api.ports.workflow = { ...workflow, start }
  return api
}

const endsOf = async ({ ports }: TestApi) =>
  (await ports.catalog.query<Run>(keys.run('').pk, { limit: 10 })).items.map(
    ({ value }) => value.state,
  )

test('a run that could not be started has ended, and the same key starts another', async () => {
  const api = await troubled(1)
  const failed = await start(api, 'one')
  expect(failed).toMatchObject({ status: 503, json: { code: 'WORKFLOW_UNAVAILABLE' } })
  const again = await start(api, 'one')
  expect(again.status).toBe(200)
  expect(await endsOf(api)).toStrictEqual(['failed', 'running'])
  expect((await start(api, 'one')).json).toStrictEqual(again.json)
  expect(await endsOf(api)).toHaveLength(2)
})

test('a run whose starter dies before it is ended keeps its key, and is started once by whoever looks after runs', async () => {
  const api = await troubled(1)
  const { catalog } = api.ports
  const write: typeof catalog.write = async writes => {
    const ends = writes.some(({ key }) => key.pk === keys.idempotent('').pk) && writes.length > 1
    if (ends && writes.some(({ kind }) => kind === 'delete')) throw new Error('the function died')
    return catalog.write(writes)
  }
  api.ports.catalog = { ...catalog, write }
  expect((await start(api, 'one')).status).toBe(500)
  api.ports.catalog = catalog
  const [runId] = await runsOf(api)
  expect((await start(api, 'one')).json).toStrictEqual({ runId })
  await tendRuns(api.ports)()
  expect(await runsOf(api)).toStrictEqual([runId])
})

test('a policy that is run by hand while the workflow does not answer is answered once, and begins later', async () => {
  const api = await troubled(1)
  const policy = { name: 'P', selection: { include: [{ all: true }] }, retention: { daily: 7 } }
  const made = await api.asPerson('POST', '/v1/policies', policy)
  const { policyId } = (made.json as { policy: { policyId: string } }).policy
  const ask = () =>
    api.call('POST', '/v1/runs', {
      ...{ authorization: 'Bearer person', body: { kind: 'policy', policyId } },
      idempotencyKey: 'one',
    })
  const first = await ask()
  expect(first.status).toBe(200)
  expect((await ask()).json).toStrictEqual(first.json)
  await tendRuns(api.ports)()
  expect(await runsOf(api)).toStrictEqual([first.json.runId])
})

test.each(['', 'x'.repeat(256), 'with space', 'ü'])('%j is no key', async key => {
  const { status, json } = await start(await site(), key)
  expect({ status, ...json }).toMatchObject({
    status: 400,
    code: 'REQUEST_INVALID',
    message:
      'The request is not valid: idempotency-key: must be 1 to 255 visible ASCII characters.',
  })
})
