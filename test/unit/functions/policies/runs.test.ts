import { expect, test } from 'vitest'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const DISK = { vdiUuid: vmUuid(99), userdevice: '0', name: 'disk', size: 1024 ** 3, cbt: true }
const INSTANCE = '01J0000000000000000000000A'

const site = async (...names: string[]) => {
  const api = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  const pool = poolOf(...names)
  for (const vm of pool.vms) vm.disks = [DISK]
  await api.asGateway('PUT', path, { pools: [pool] })
  return api
}

const policy = (more: object = {}) => ({
  name: 'Nightly',
  selection: { include: [{ names: ['web*'] }] },
  retention: { daily: 7 },
  ...more,
})

const create = async (api: TestApi, given: object = {}): Promise<string> => {
  const { json } = await api.asPerson('POST', '/v1/policies', policy(given))
  return (json.policy as { policyId: string }).policyId
}

const start = (api: TestApi, policyId: string) =>
  api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })

const lease = async (api: TestApi, freeSlots = 10, holding: string[] = []) => {
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const body = { instance: INSTANCE, freeSlots, pools: [POOL], holding }
  const { json } = await api.asGateway('POST', path, body)
  return json.jobs as { jobId: string; spec: { vmName: string; policyId: string } }[]
}

test('a run of a policy has a job for each VM that it takes now, with all that the policy says', async () => {
  const api = await site('web01', 'web02', 'db01')
  const policyId = await create(api, {
    ...{ method: 'quiesced', fallback: 'crash', freezeSeconds: 20, wire: 'zstd' },
    lock: { mode: 'governance', days: 7 },
    excludeDisks: [{ userdevices: ['0'], ofVms: ['web02'] }],
  })
  const { runId } = (await start(api, policyId)).json
  const { run, jobs } = (await api.asPerson('GET', `/v1/runs/${runId}`)).json as {
    run: object
    jobs: { spec: object }[]
  }
  expect(run).toMatchObject({ kind: 'backup', policyId, policyName: 'Nightly' })
  const common = { policyId, method: 'quiesced', fallback: 'crash', freezeSeconds: 20 }
  expect(jobs.map(({ spec }) => spec)).toMatchObject([
    { ...common, vmName: 'web01', wire: 'zstd', lock: { mode: 'governance', days: 7 } },
    { ...common, vmName: 'web02', excludedDisks: ['0'] },
  ])
})

test('a VM that appears and fits is there at the next run', async () => {
  const api = await site('web01')
  const policyId = await create(api)
  await start(api, policyId)
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web01', 'web09')] })
  const { runId } = (await start(api, policyId)).json
  const { run } = (await api.asPerson('GET', `/v1/runs/${runId}`)).json
  expect(run).toMatchObject({ title: '"web01", "web09"' })
})

test('a policy that takes nothing cannot be run, and says what to look at', async () => {
  const api = await site('db01')
  const answer = await start(api, await create(api))
  expect(answer).toMatchObject({
    status: 409,
    json: {
      code: 'POLICY_EMPTY',
      message: 'The policy "Nightly" takes no VM of any pool that a gateway reported.',
    },
  })
  const unknown = await start(api, '01J00000000000000000000009')
  expect(unknown).toMatchObject({ status: 404, json: { code: 'POLICY_NOT_FOUND' } })
})

test('no more jobs of a policy are under way at once than it allows', async () => {
  const api = await site('web01', 'web02', 'web03')
  await start(api, await create(api, { limits: { jobsAtOnce: 2 } }))
  const first = await lease(api)
  expect(first.map(({ spec }) => spec.vmName)).toStrictEqual(['web01', 'web02'])
  const holding = first.map(({ jobId }) => jobId)
  expect(await lease(api, 10, holding)).toStrictEqual([])
  // Another run is not held up by it.
  api.wait(1)
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web03'] })
  expect(await lease(api, 10, holding)).toHaveLength(1)
  // One that the gateway lost on the way is given again.
  expect(await lease(api, 10, holding.slice(0, 1))).toMatchObject([
    { spec: { vmName: 'web02' } },
    { spec: { vmName: 'web03' } },
  ])
})

test('an operator may keep points longer, and needs an administrator to keep them shorter', async () => {
  const api = await site('web01')
  const path = `/v1/policies/${await create(api)}`
  const put = (version: number, days: number, who = 'operator') =>
    api.call('PUT', path, {
      authorization: `Bearer ${who}`,
      body: { version, policy: policy({ retention: { daily: days } }) },
    })
  expect((await put(1, 14)).status).toBe(200)
  expect(await put(2, 7)).toMatchObject({
    status: 403,
    json: {
      code: 'RETENTION_SHORTENED',
      message:
        'Points of the policy "Nightly" would be kept shorter (daily 7 instead of 14), which asks for the role administrator; nothing was saved.',
    },
  })
  expect((await put(2, 7, 'person')).status).toBe(200)
})

test.each([
  [{ schedule: { cron: '0 0 30 2 *', timeZone: 'UTC' } }, 'names a day that never comes'],
  [{ schedule: { cron: '0 25 * * *', timeZone: 'UTC' } }, 'has "25" as hour'],
  [{ schedule: { cron: '0 2 * * *', timeZone: 'Mars/Olympus' } }, 'no time zone "Mars/Olympus"'],
  [{ schedule: { cron: '0 2 * * *', timeZone: '+01:00' } }, 'no time zone "+01:00"'],
  [{ window: { from: '22:00', to: '22:00', timeZone: 'UTC' } }, 'begins and ends at the same'],
  [{ method: 'memory', fallback: 'hard-shutdown' }, 'only an offline backup may switch a VM off'],
  [
    { after: { policyId: '01J00000000000000000000009', when: 'any' } },
    'there is no policy 01J00000000000000000000009 that it could follow',
  ],
])('%j cannot be saved', async (given, words) => {
  const api = await site('web01')
  const answer = await api.asPerson('POST', '/v1/policies', policy(given))
  expect(answer).toMatchObject({ status: 400, json: { code: 'POLICY_INVALID' } })
  expect(answer.json.message).toContain(words)
})

test('a policy names channels that are there', async () => {
  const api = await site('web01')
  const notify = [{ events: ['run-failed'], channelIds: ['01J00000000000000000000009'] }]
  const answer = await api.asPerson('POST', '/v1/policies', policy({ notify }))
  expect(answer).toMatchObject({ status: 404, json: { code: 'CHANNEL_NOT_FOUND' } })
})

test('policies do not follow each other in a circle', async () => {
  const api = await site('web01')
  const first = await create(api)
  const second = await create(api, { name: 'Second', after: { policyId: first, when: 'any' } })
  const circle = await api.asPerson('PUT', `/v1/policies/${first}`, {
    version: 1,
    policy: policy({ after: { policyId: second, when: 'succeeded' } }),
  })
  expect(circle).toMatchObject({
    status: 400,
    json: {
      message:
        'The policy cannot be saved: policies would follow each other in a circle: Nightly after Second.',
    },
  })
})

test('a preview tells what would run, when, what would be kept and what it would cost, and saves nothing', async () => {
  const api = await site('web01', 'web02', 'db01')
  const other = await create(api, {
    name: 'All of it',
    selection: { include: [{ all: true }] },
    schedule: { cron: '0 1 * * *', timeZone: 'UTC' },
  })
  const answer = await api.asPerson('POST', '/v1/policies/preview', {
    policy: policy({
      schedule: { cron: '30 2 * * *', timeZone: 'Europe/Vienna' },
      retention: { daily: 7, weekly: 4, monthly: 12 },
    }),
    months: 12,
  })
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({
    chosen: 2,
    leftOut: 1,
    vms: [
      {
        vmName: 'web01',
        chosen: true,
        why: 'Taken, because its name fits "web*".',
        alsoBy: ['All of it'],
      },
      { vmName: 'web02', chosen: true },
      {
        vmName: 'db01',
        chosen: false,
        why: 'Left out: the selector does not take it, because its name does not fit "web*".',
      },
    ],
    nextTimes: [
      '2026-11-22T01:30:00Z',
      '2026-11-23T01:30:00Z',
      '2026-11-24T01:30:00Z',
      '2026-11-25T01:30:00Z',
      '2026-11-26T01:30:00Z',
    ].map(text => Date.parse(text)),
    kept: { made: 364 },
    cost: { pricesAsOf: expect.any(String) },
    shortened: [],
  })
  const { kept, notes } = answer.json as { kept: { points: object[] }; notes: string[] }
  expect(kept.points.length).toBeGreaterThanOrEqual(20)
  expect(notes).toStrictEqual([
    'The policy "All of it" protects 2 of these VMs too: each is backed up by both, and each policy keeps its own points.',
    'Clocks in Europe/Vienna go forward over 2027-03-28 02:30: there is no run at that time.',
  ])
  const { items } = (await api.asPerson('GET', '/v1/policies')).json as { items: object[] }
  expect(items).toHaveLength(1)
  const shorter = await api.asPerson('POST', '/v1/policies/preview', {
    policyId: other,
    policy: policy({ name: 'All of it', retention: { daily: 3 } }),
  })
  expect(shorter.json).toMatchObject({ expiresNow: 0, shortened: ['daily 3 instead of 7'] })
})
