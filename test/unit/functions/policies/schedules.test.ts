import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import type { CloudSchedule } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { runScheduledPolicy } from '#functions/events/run-scheduled-policy.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { NOON, type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf } from '#test/support/fake-gateway.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The clock begins at 2026-11-22T00:00Z. */
const site = async (given: Parameters<typeof testApi>[0] = {}) => {
  const api = await testApi(given)
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await api.asGateway('PUT', path, { pools: [poolOf('web01', 'web02', 'web03')] })
  return api
}

const nightly = (more: object = {}) => ({
  name: 'Nightly',
  selection: { include: [{ all: true }] },
  schedule: { cron: '0 2 * * *', timeZone: 'UTC' },
  retention: { daily: 7 },
  ...more,
})

const create = async (api: TestApi, given: object = {}): Promise<string> => {
  const { json } = await api.asPerson('POST', '/v1/policies', nightly(given))
  return (json.policy as { policyId: string }).policyId
}

const runsOf = async ({ ports }: TestApi) =>
  (await ports.catalog.query<Run>(keys.run('').pk)).items.map(({ value }) => value)

const told = async ({ ports }: TestApi) =>
  (await ports.catalog.query<{ event: NotificationEvent }>(keys.outbox('').pk)).items
    .map(({ value }) => value.event)
    .flatMap(event => (event.kind === 'schedule-missed' ? [event] : []))

const tend = (api: TestApi) => tendPolicies(api.ports)()

/** Ends all that runs, as people would. */
const cancelAll = async (api: TestApi) => {
  for (const { runId, state } of await runsOf(api))
    if (state === 'running') await api.asPerson('POST', `/v1/runs/${runId}/cancel`)
  await expect
    .poll(async () => (await runsOf(api)).every(({ state }) => state !== 'running'))
    .toBe(true)
}

test('a policy runs when its time has come, once, whoever looks and how often', async () => {
  const api = await site()
  const policyId = await create(api)
  await tend(api)
  expect(await runsOf(api)).toHaveLength(0)
  api.wait(2 * HOUR)
  const scheduled = runScheduledPolicy(api.ports)
  await Promise.all([
    tend(api),
    scheduled({ policyId, due: '2026-11-22T02:00:00Z' }),
    tend(api),
    scheduled({ policyId, due: '2026-11-22T02:00:00Z' }),
  ])
  await tend(api)
  expect(await runsOf(api)).toMatchObject([{ policyId, policyName: 'Nightly' }])
  expect(await told(api)).toStrictEqual([])
})

test('a run of a schedule whose workflow cannot be started just now is started later, not lost', async () => {
  const api = await site()
  const policyId = await create(api)
  api.wait(2 * HOUR)
  const start = async () => {
    throw new WorkflowUnavailableError('start the run')
  }
  const ports = { ...api.ports, workflow: { ...api.ports.workflow, start } }
  await runScheduledPolicy(ports)({ policyId, due: '2026-11-22T02:00:00Z' })
  expect(await runsOf(api)).toMatchObject([{ policyId, state: 'running' }])
  await expect(tendRuns(ports)()).rejects.toMatchObject({ code: 'WORKFLOW_UNAVAILABLE' })
  await tendRuns(api.ports)()
  await expect
    .poll(async () => (await runsOf(api)).map(({ title, request }) => ({ title, request })))
    .toEqual([{ title: '"web01", "web02", "web03"', request: undefined }])
})

test('a run that has not ended at the next time is not doubled, and that is told', async () => {
  const api = await site()
  const policyId = await create(api)
  api.wait(2 * HOUR)
  await tend(api)
  const [first] = await runsOf(api)
  api.wait(DAY)
  await tend(api)
  await tend(api)
  expect(await runsOf(api)).toHaveLength(1)
  expect(await told(api)).toMatchObject([
    {
      policyId,
      due: Date.parse('2026-11-23T02:00Z'),
      why: {
        code: 'POLICY_BUSY',
        message: `The policy "Nightly" was left out, because its run ${first?.runId} had not ended.`,
      },
    },
  ])
})

test('a time at which nobody was there: run once, late, and told', async () => {
  const api = await site()
  await create(api)
  api.wait(2 * HOUR + 4 * HOUR)
  await tend(api)
  await tend(api)
  expect(await runsOf(api)).toHaveLength(1)
  expect(await told(api)).toMatchObject([
    {
      late: true,
      why: {
        code: 'SCHEDULE_MISSED',
        message:
          'The policy "Nightly" should have run at 2026-11-22 02:00 (UTC), and the control plane was not there. Its run begins now, 4 hours late.',
      },
    },
  ])
})

test.each([
  ['skip', 12, 4 * HOUR],
  ['run', 3, 4 * HOUR],
])(
  'ifMissed %s within %i h, %i ms late: left out and told',
  async (ifMissed, withinHours, late) => {
    const api = await site()
    await create(api, {
      schedule: { cron: '0 2 * * *', timeZone: 'UTC', ifMissed, withinHours },
    })
    api.wait(2 * HOUR + late)
    await tend(api)
    await tend(api)
    expect(await runsOf(api)).toHaveLength(0)
    const [event] = await told(api)
    expect(event?.why.message).toMatch(/That run is left out\.$/)
  },
)

test('of many missed times one run is made, and the others are counted', async () => {
  const api = await site()
  await create(api)
  api.wait(5 * DAY + 3 * HOUR)
  await tend(api)
  expect(await runsOf(api)).toHaveLength(1)
  expect((await told(api)).map(({ why }) => why.message)).toStrictEqual([
    'The policy "Nightly" should have run at 2026-11-27 02:00 (UTC), and the control plane was not there. Its run begins now, 60 minutes late. 5 times before it had none either.',
  ])
})

test.each([
  [12, 1, 'Its run begins now, 3 hours late.'],
  [168, 7, 'Its run begins now, 3 hours late.'],
  [1, 7, 'That run is left out.'],
])(
  'each minute, within %i h, after %i days without anybody: one run at most, told once, whoever looks',
  async (withinHours, days, words) => {
    const api = await site()
    // All minutes but those of the last three hours.
    const schedule = { cron: '* 0-20 * * *', timeZone: 'UTC', withinHours }
    await create(api, { schedule })
    api.wait(days * DAY - 1)
    const began = performance.now()
    await Promise.all([tend(api), tend(api)])
    await tend(api)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(await runsOf(api)).toHaveLength(words.startsWith('Its') ? 1 : 0)
    const [event, ...more] = await told(api)
    expect(more).toStrictEqual([])
    expect(event?.why.message).toContain(`${words} More than 500 times before it had none either.`)
    await cancelAll(api)
    await tend(api)
    expect(await told(api)).toHaveLength(1)
  },
)

test('a clock that was ahead for a while keeps a policy from nothing', async () => {
  const api = await site()
  await create(api)
  api.wait(400 * DAY + 2 * HOUR)
  await tend(api)
  await cancelAll(api)
  api.wait(-400 * DAY)
  await tend(api)
  expect(await runsOf(api)).toHaveLength(2)
})

test('what was decided for a policy is forgotten when that is deleted, also what is written in that moment', async () => {
  const api = await site()
  const policyId = await create(api, { schedule: { cron: '* * * * *', timeZone: 'UTC' } })
  for (let minute = 0; minute < 130; minute++) {
    api.wait(MINUTE)
    await tend(api)
  }
  const { catalog } = api.ports
  const left = async () =>
    (await catalog.query(keys.firing(policyId, '').pk, { limit: 200 })).items.length
  expect(await left()).toBe(130)
  await api.asPerson('DELETE', `/v1/policies/${policyId}`, undefined, 'version=1')
  await tend(api)
  expect(await left()).toBe(30)
  await tend(api)
  expect(await left()).toBe(0)
  const late = keys.firing(policyId, 'at#late')
  await catalog.write([{ kind: 'put', key: late, value: { due: 0 }, expect: 'any' }])
  api.wait(2 * HOUR)
  await tend(api)
  await tend(api)
  expect(await left()).toBe(0)
  expect((await catalog.get(keys.policy(policyId)))?.value).toMatchObject({ swept: true })
  // The record itself stays, and people see it as before.
  const { json } = await api.asPerson('GET', `/v1/policies/${policyId}`)
  expect(json.deleted).toStrictEqual({ at: expect.any(Number), by: 'someone' })
})

test('times of before a policy was made, enabled, changed or while it was paused are nobody’s business', async () => {
  const api = await site()
  api.wait(3 * HOUR) // 03:00
  const policyId = await create(api)
  await tend(api)
  const path = `/v1/policies/${policyId}`
  const put = (version: number, more: object) =>
    api.asPerson('PUT', path, { version, policy: nightly(more) })
  await put(1, { enabled: false })
  api.wait(DAY)
  await tend(api)
  await put(2, { enabled: true })
  await tend(api)
  await put(3, { pausedUntil: Date.parse('2026-11-25T00:00Z') })
  api.wait(DAY)
  await tend(api)
  api.wait(DAY) // 2026-11-25 03:00: one time since the pause was over
  await tend(api)
  expect(await runsOf(api)).toHaveLength(1)
  expect(await told(api)).toHaveLength(1)
})

test('outside its window nothing is begun, and what waits when it closes is left out with a line', async () => {
  const api = await site()
  const policyId = await create(api, {
    window: { from: '01:30', to: '02:30', timeZone: 'UTC' },
    limits: { jobsAtOnce: 1 },
  })
  api.wait(2 * HOUR)
  await tend(api)
  const [run] = await runsOf(api)
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const lease = async () => {
    const body = { instance: '01J0000000000000000000000A', freeSlots: 4, pools: [POOL] }
    return (await api.asGateway('POST', path, body)).json.jobs as { jobId: string }[]
  }
  const [begun] = await lease()
  api.wait(31 * MINUTE)
  await tendRuns(api.ports)()
  const { jobs } = (await api.asPerson('GET', `/v1/runs/${run?.runId}`)).json as {
    jobs: { jobId: string; state: string; line: string }[]
  }
  // Its lease has run out, and it may go on all the same.
  expect(jobs.find(({ jobId }) => jobId === begun?.jobId)?.state).toBe('queued')
  const left = jobs.filter(({ jobId }) => jobId !== begun?.jobId)
  expect(left.map(({ state }) => state)).toStrictEqual(['finished', 'finished'])
  for (const { line } of left) expect(line).toContain('The window of its policy ended')

  await cancelAll(api)
  await api.asPerson('PUT', `/v1/policies/${policyId}`, {
    version: 1,
    policy: nightly({ window: { from: '22:00', to: '23:00', timeZone: 'UTC' } }),
  })
  api.wait(DAY - 31 * MINUTE)
  await tend(api)
  expect((await told(api)).at(-1)).toMatchObject({
    why: {
      code: 'WINDOW_CLOSED',
      message:
        'The policy "Nightly" was left out: backups may begin from 22:00 to 23:00 (UTC), and it was not that time.',
    },
  })
})

test('a policy that takes nothing at its time is told of', async () => {
  const api = await site()
  await create(api, { selection: { include: [{ tags: ['gone'] }] } })
  api.wait(2 * HOUR)
  await tend(api)
  expect(await told(api)).toMatchObject([{ why: { code: 'POLICY_EMPTY' } }])
})

test('a policy follows each run of another that ended as it should, once', async () => {
  const api = await site()
  const first = await create(api)
  const after = (when: string) => ({ schedule: undefined, after: { policyId: first, when } })
  await create(api, { name: 'Always', ...after('any') })
  await create(api, { name: 'If good', ...after('succeeded') })
  const end = async (state: Run['state']) => {
    await cancelAll(api)
    const runId = (await runsOf(api)).filter(({ policyId }) => policyId === first).at(-1)?.runId
    const key = keys.run(runId ?? '')
    const item = await api.ports.catalog.get<Run>(key)
    const value = { ...item?.value, state }
    await api.ports.catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  }
  api.wait(2 * HOUR)
  await tend(api)
  api.wait(MINUTE)
  await end('failed')
  await tend(api)
  await tend(api)
  const names = async () => (await runsOf(api)).map(({ policyName }) => policyName)
  expect(await names()).toStrictEqual(['Nightly', 'Always'])
  api.wait(DAY)
  await cancelAll(api)
  await tend(api)
  api.wait(MINUTE)
  await end('cancelled')
  await tend(api)
  expect(await names()).toStrictEqual(['Nightly', 'Always', 'Nightly'])
})

test('a run is followed however long it took, and however many others began meanwhile', async () => {
  const api = await site()
  const first = await create(api)
  const other = await create(api, { name: 'Other', schedule: undefined })
  await create(api, { name: 'Copy', schedule: undefined, after: { policyId: first, when: 'any' } })
  api.wait(2 * HOUR)
  await tend(api)
  const [run] = await runsOf(api)
  const { catalog } = api.ports
  for (let minute = 1; minute <= 60; minute++) {
    const runId = ulid(NOON + 2 * HOUR + minute)
    const value = { runId, kind: 'replication', state: 'succeeded', ended: 1, policyId: other }
    await catalog.write([{ kind: 'put', key: keys.run(runId), value, expect: 'absent' }])
  }
  api.wait(5 * HOUR)
  const key = keys.run(run?.runId ?? '')
  await cancelAll(api)
  const item = await catalog.get<Run>(key)
  const value = { ...item?.value, state: 'failed', ended: api.ports.clock.now() }
  await catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  await tend(api)
  expect((await runsOf(api)).filter(({ policyName }) => policyName === 'Copy')).toHaveLength(1)
})

test('what became of an occasion is forgotten after a month, and nothing runs twice by that', async () => {
  const api = await site()
  const policyId = await create(api, { selection: { include: [{ tags: ['gone'] }] } })
  api.wait(2 * HOUR)
  const decided = async () =>
    (await api.ports.catalog.query<{ due: number }>(keys.firing(policyId, '').pk)).items.length
  for (let day = 0; day < 45; day++) {
    await tend(api)
    await tend(api)
    api.wait(DAY)
  }
  expect(await told(api)).toHaveLength(45)
  expect(await decided()).toBe(31)
})

test('the scheduler of the cloud is told what changes, and again after it did not answer', async () => {
  const calls: [string, CloudSchedule | 'removed'][] = []
  let isDown = true
  const api = await site({
    schedules: {
      put: async (policyId, schedule) => {
        if (isDown) throw new Error('throttled')
        calls.push([policyId, schedule])
      },
      remove: async policyId => {
        calls.push([policyId, 'removed'])
      },
    },
  })
  const policyId = await create(api)
  await expect(tend(api)).rejects.toThrow('throttled')
  isDown = false
  await tend(api)
  await tend(api)
  expect(calls).toStrictEqual([[policyId, { cron: '0 2 * * *', timeZone: 'UTC' }]])
  await api.asPerson('PUT', `/v1/policies/${policyId}`, {
    version: 1,
    policy: nightly({ pausedUntil: Date.parse('2026-12-01') }),
  })
  await tend(api)
  // When the pause is over no start is named any more: the service refuses one in the past.
  api.wait(10 * DAY)
  await tend(api)
  await api.asPerson('DELETE', `/v1/policies/${policyId}`, undefined, 'version=2')
  await tend(api)
  await tend(api)
  expect(calls.slice(1)).toStrictEqual([
    [policyId, { cron: '0 2 * * *', timeZone: 'UTC', from: Date.parse('2026-12-01') }],
    [policyId, { cron: '0 2 * * *', timeZone: 'UTC' }],
    [policyId, 'removed'],
  ])
})

test('a policy that the scheduler of the cloud does not take keeps no other waiting', async () => {
  const taken: string[] = []
  const api = await site({
    schedules: {
      put: async (policyId, { cron }) => {
        if (cron.startsWith('1 ')) throw new Error('not this one')
        taken.push(policyId)
      },
      remove: async () => {},
    },
  })
  await create(api, { name: 'First', schedule: { cron: '1 2 * * *', timeZone: 'UTC' } })
  const second = await create(api)
  await expect(tend(api)).rejects.toThrow('not this one')
  expect(taken).toStrictEqual([second])
})
