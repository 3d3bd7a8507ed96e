import { expect, test } from 'vitest'
import { createClient } from '#core/contracts/client.ts'
import { LeaseRequest } from '#core/contracts/gateway-api.ts'

const ID = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'
const POOL = '0b8d6a3e-7c1f-4a55-9d0e-1b2c3d4e5f60'

const answering = (json: unknown) =>
  createClient({
    baseUrl: 'http://127.0.0.1',
    fetch: async () => Response.json(json),
    authorize: () => undefined,
  })

const failover = { kind: 'failover', poolUuid: POOL, vmUuid: POOL, vmName: 'db-01', replicaId: ID }
const job = {
  jobId: ID,
  runId: ID,
  epoch: 1,
  leaseUntil: 1,
  spec: { ...failover, start: true },
}

const lease = (reply: object) =>
  answering({ jobs: [], pollAfterSeconds: 1, heartbeatAfterSeconds: 1, ...reply }).call('lease', {
    params: { gatewayId: ID },
    body: { instance: ID, freeSlots: 1, pools: [POOL] },
  })

test('what a later control plane tells beside is passed over, at any depth', async () => {
  const standingBy = [{ poolUuid: POOL, keeper: 'b', until: 1, since: 0, why: {} }]
  expect(await lease({ hint: 'later', standingBy })).toEqual({
    jobs: [],
    pollAfterSeconds: 1,
    heartbeatAfterSeconds: 1,
    standingBy: [{ poolUuid: POOL, keeper: 'b', until: 1 }],
  })
})

test('a leased job may come with more beside it, but what it wishes is understood or the job is not readable', async () => {
  const { jobs } = await lease({
    jobs: [
      { ...job, priority: 3 },
      { ...job, spec: { ...job.spec, gently: true } },
    ],
  })
  expect(jobs).toEqual([job, { jobId: ID, epoch: 1, spec: { kind: 'failover' } }])
})

test('an answer that lacks something is not understood, whatever else it has', async () => {
  const call = answering({ hint: 'later' }).call('lease', { params: { gatewayId: ID } })
  await expect(call).rejects.toMatchObject({ code: 'UNINTELLIGIBLE_ANSWER' })
})

test('how long the control plane asks to be left alone is heard, in seconds alone', async () => {
  const refusing = (body: object, retryAfter: string) =>
    createClient({
      baseUrl: 'http://127.0.0.1',
      fetch: async () =>
        Response.json(body, { status: 429, headers: { 'retry-after': retryAfter } }),
      authorize: () => undefined,
    }).call('getCaller')
  const problem = { code: 'SIGN_IN_LIMITED', message: 'M.', advice: 'A.', retryable: true }
  await expect(refusing(problem, '7')).rejects.toMatchObject({ ...problem, retryAfterMs: 7_000 })
  const edge = { message: 'Too Many Requests' }
  await expect(refusing(edge, '2')).rejects.toMatchObject({
    ...{ code: 'CONTROL_PLANE_BUSY', retryAfterMs: 2_000 },
  })
  const dated = refusing(problem, 'Mon, 23 Nov 2026 09:00:00 GMT')
  await expect(dated).rejects.toMatchObject({ ...problem, retryAfterMs: undefined })
})

test('a request with something unknown is refused', () => {
  const request = { instance: ID, freeSlots: 1, pools: [], hint: 'later' }
  expect(LeaseRequest.safeParse(request).success).toBe(false)
})
