import { afterEach, expect, test } from 'vitest'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { apiHandlers } from '#functions/api/index.ts'
import { startControlPlane, type TestControlPlane } from '#test/support/control-plane.ts'
import { enrolFakeGateway, gatewayClient, poolOf } from '#test/support/fake-gateway.ts'

let control: TestControlPlane
afterEach(() => control?.close())

const site = async () => {
  control = await startControlPlane()
  const identity = await enrolFakeGateway(control.url, await control.enrolmentCode())
  const gateway = gatewayClient(control.url, identity)
  const { gatewayId } = identity
  await gateway.call('putInventory', { params: { gatewayId }, body: { pools: [poolOf('web01')] } })
  const { runId } = await control.person.call('startRun', {
    body: { kind: 'backup', vms: ['web01'] },
  })
  const authorization = 'Bearer test-token'
  return {
    runId,
    gatewayId,
    gateway,
    front: async (path: string, ifNoneMatch = '') => {
      const headers = { authorization, ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }) }
      const answer = await fetch(new URL(path, control.url), { headers })
      const { status } = answer
      return {
        status,
        etag: answer.headers.get('etag') ?? '',
        kept: answer.headers.get('cache-control'),
        body: await answer.text(),
      }
    },
    /** As API Gateway calls the Lambda. */
    lambda: async (ifNoneMatch = '') => {
      const { statusCode, headers, body } = await apiHandlers(control.ports).getRun({
        ...{ rawPath: `/v1/runs/${runId}`, rawQueryString: '', isBase64Encoded: false },
        headers: { authorization, ...(ifNoneMatch && { 'if-none-match': ifNoneMatch }) },
        pathParameters: { runId },
        requestContext: { http: { method: 'GET' } },
      })
      return { status: statusCode, etag: headers.etag, kept: headers['cache-control'], body }
    },
  }
}

test('who knows the answer is told so without it, until it changes; the front of one machine and the Lambda alike', async () => {
  const { front, lambda, runId, gateway, gatewayId } = await site()
  const path = `/v1/runs/${runId}`
  await expect.poll(async () => (await front(path)).body).toContain('"line":"waiting')
  const first = await front(path)
  expect(first).toMatchObject({ status: 200, etag: expect.stringMatching(/^"[\w-]{22}"$/) })
  const { etag } = first
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
    for (const answer of [await front(path, known), await lambda(known)])
      expect(answer).toEqual({ status: 304, etag, kept: 'no-store', body: '' })
  for (const unknown of ['"other"', etag.slice(1, -1), ''])
    for (const answer of [await front(path, unknown), await lambda(unknown)])
      expect(answer).toMatchObject({ status: 200, etag, body: first.body })

  const body = { instance: '01J000000000000000000000PA', freeSlots: 1, pools: [poolOf().uuid] }
  await gateway.call('lease', { params: { gatewayId }, body })
  const after = await front(path, etag)
  expect(after.status).toBe(200)
  expect(after.etag).not.toBe(etag)
})

test('a refusal bears no tag, and is never 304', async () => {
  const { front } = await site()
  const missing = '/v1/runs/01J00000000000000000000000'
  expect(await front(missing, '*')).toMatchObject({ status: 404, etag: '' })
})

test('answers that tell of the moment do not make each answer another one', async () => {
  const { front } = await site()
  const lists = (Object.keys(routes) as RouteName[])
    .map(name => routes[name])
    .filter(({ method, path, audience }) => {
      // The overview tells when it was taken.
      if (path === '/v1/overview') return false
      return method === 'GET' && audience === 'person' && !path.includes('{')
    })
  for (const { path } of lists) {
    const { etag, status } = await front(path)
    expect({ path, status }).toEqual({ path, status: 200 })
    expect({ path, status: (await front(path, etag)).status }).toEqual({ path, status: 304 })
  }
})
