import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { noGrants } from '#core/access/grants.ts'
import { keys } from '#core/catalog/keys.ts'
import type { Role } from '#core/contracts/routes/route.ts'
import { TokenInvalidError } from '#core/errors/request.ts'
import type { Run } from '#core/runs/run.ts'
import type { Ports } from '#functions/ports.ts'
import { testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'

const ROLES: Record<string, Role> = {
  robot: 'administrator',
  ...{ olga: 'operator', otto: 'operator', anna: 'administrator', adam: 'administrator' },
}

/** A site with a point of "web01", people with names, and what each grant was asked for. */
const setUp = async (restoreApproval: Ports['restoreApproval'] = 'none') => {
  const asked: string[] = []
  const api = await testApi({
    restoreApproval,
    authenticator: {
      person: async ({ authorization }) => {
        const name = authorization?.replace('Bearer ', '') ?? ''
        const role = ROLES[name]
        if (!role) throw new TokenInvalidError('it is the wrong token')
        return {
          name,
          role,
          ...(name === 'robot' && { source: 'token' as const, createdBy: 'anna' }),
        }
      },
    },
    grants: {
      ...noGrants,
      issue: async ({ purpose }) => {
        asked.push(purpose)
        return undefined
      },
    },
  })
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf('web01')] })
  const pointId = ulid()
  const point = pointOf(pointId, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL })
  const { repositoryId } = point
  await api.asGateway('PUT', `/v1/repositories/${repositoryId}/points`, { points: [point] })
  const as = (who: string, method: string, path: string, body: unknown = {}) =>
    api.call(method, path, {
      authorization: `Bearer ${who}`,
      ...(method === 'GET' ? {} : { body }),
    })
  const restore = async (who: string, wishes: object = {}) => {
    const { json } = await as(who, 'POST', '/v1/runs', { kind: 'restore', pointId, wishes })
    return String(json.runId)
  }
  const see = async (runId: string) =>
    (await as('anna', 'GET', `/v1/runs/${runId}`)).json.run as Record<string, unknown>
  const instance = ulid()
  const lease = async () => {
    const body = { instance, freeSlots: 4, pools: [POOL], holding: [] }
    return (await api.asGateway('POST', `/v1/gateways/${gatewayId}/lease`, body)).json.jobs as {
      jobId: string
      epoch: number
    }[]
  }
  const credentials = (job: { jobId: string; epoch: number }) =>
    api.asGateway('POST', `/v1/gateways/${gatewayId}/credentials`, {
      jobId: job.jobId,
      epoch: job.epoch,
    })
  return { api, as, restore, see, lease, credentials, asked }
}

const OVER = { identity: 'same', replace: true }

test('an operator who restores over a VM waits for an administrator, and nothing is leased or read before', async () => {
  const { as, restore, see, lease, credentials, asked } = await setUp()
  const runId = await restore('olga', OVER)
  expect(await see(runId)).toMatchObject({
    state: 'waiting',
    line: 'waiting for approval by an administrator, because it writes over a VM that exists; asked for by olga',
    approval: { needs: 'administrator', askedBy: 'olga' },
  })
  expect(await lease()).toEqual([])
  const refused = await as('otto', 'POST', `/v1/runs/${runId}/approve`)
  expect({ status: refused.status, ...refused.json }).toMatchObject({
    status: 403,
    code: 'ROLE_INSUFFICIENT',
  })
  expect(await lease()).toEqual([])
  expect(asked).toEqual([])

  expect((await as('anna', 'POST', `/v1/runs/${runId}/approve`)).json).toEqual({ runId })
  expect(await see(runId)).toMatchObject({ state: 'running', approval: { approvedBy: 'anna' } })
  await expect.poll(lease).toHaveLength(1)
  expect((await as('anna', 'POST', `/v1/runs/${runId}/approve`)).status).toBe(200)
  const [job] = await lease()
  if (job) expect((await credentials(job)).status).toBe(200)
})

test('whoever looks after runs does not begin one that waits, and begins one whose start failed after its approval', async () => {
  const { api, as, restore } = await setUp()
  const runId = await restore('olga', OVER)
  const isOpen = async () => (await api.ports.catalog.get(keys.openRun(runId))) !== undefined
  expect(await isOpen()).toBe(false)
  await as('anna', 'POST', `/v1/runs/${runId}/approve`)
  expect(await isOpen()).toBe(true)
})

test('a job of a run that waits gets no grant, should it ever reach a gateway', async () => {
  const { api, restore, lease, credentials, asked } = await setUp()
  const runId = await restore('anna', OVER)
  await expect.poll(lease).toHaveLength(1)
  const key = keys.run(runId)
  const run = (await api.ports.catalog.get<Run>(key))?.value
  await api.ports.catalog.write([
    { kind: 'put', key, value: { ...run, state: 'waiting' }, expect: 'any' },
  ])
  const [entry] = (await api.ports.catalog.query<{ jobId: string; epoch: number }>(`RUN#${runId}`))
    .items
  const { status, json } = await credentials(entry?.value as { jobId: string; epoch: number })
  expect({ status, ...json }).toMatchObject({ status: 403, code: 'APPROVAL_MISSING' })
  expect(asked).toEqual([])
})

test.each([
  ['an administrator over a VM', 'anna', OVER],
  ['an operator as a new VM', 'olga', {}],
  ['an operator who only wants the plan', 'olga', { ...OVER, planOnly: true }],
])('%s waits for nobody', async (_, who, wishes) => {
  const { restore, see } = await setUp()
  expect(await see(await restore(who, wishes))).toMatchObject({ state: 'running' })
})

test.each([
  [
    'olga',
    OVER,
    'It waits for approval by an administrator, because it writes over a VM that exists.',
  ],
  ['anna', OVER, 'It begins at once: nobody else has to approve it.'],
  [
    'olga',
    { overrides: [{ rule: 'tombstone-life', because: 'the only copy that is left' }] },
    'It waits for approval by an administrator, because it sets aside a rule of restores.',
  ],
  ['olga', {}, 'It begins at once: nobody else has to approve it.'],
])(
  'a plan of %s foretells who would have to approve what is planned',
  async (who, wishes, text) => {
    const { restore, see } = await setUp()
    const plan = await see(await restore(who, { ...wishes, planOnly: true }))
    expect(plan).toMatchObject({ state: 'running', approvalForetold: text })
    expect(await see(await restore(who, wishes))).not.toHaveProperty('approvalForetold')
  },
)

test('a plan foretells the second person, too', async () => {
  const { restore, see } = await setUp('other-person')
  expect(await see(await restore('anna', { planOnly: true }))).toMatchObject({
    approvalForetold:
      'It waits for approval by an operator who is somebody else, because it restores data, and every restore is approved by a second person here.',
  })
})

test('where a second person is asked for, nobody approves what a token of his own making asked for', async () => {
  const { as, restore, see } = await setUp('other-person')
  const runId = await restore('robot', OVER)
  const { status, json } = await as('anna', 'POST', `/v1/runs/${runId}/approve`)
  expect({ status, ...json }).toMatchObject({ status: 409, code: 'APPROVAL_REFUSED' })
  expect((await as('adam', 'POST', `/v1/runs/${runId}/approve`)).status).toBe(200)
  expect(await see(runId)).toMatchObject({ approval: { approvedBy: 'adam' } })
})

test('where a second person is asked for, nobody approves what he asked for himself, be he an administrator', async () => {
  const { as, restore, see } = await setUp('other-person')
  const over = await restore('anna', OVER)
  expect(await see(over)).toMatchObject({
    state: 'waiting',
    line: 'waiting for approval by an administrator who is somebody else, because it writes over a VM that exists, and every restore is approved by a second person here; asked for by anna',
  })
  const own = await as('anna', 'POST', `/v1/runs/${over}/approve`)
  expect({ status: own.status, ...own.json }).toMatchObject({
    status: 409,
    code: 'APPROVAL_REFUSED',
    message:
      'The run cannot be approved: whoever asks for a restore, or made the token that asks, does not approve it here.',
  })
  expect((await as('adam', 'POST', `/v1/runs/${over}/approve`)).status).toBe(200)

  const anew = await restore('olga')
  expect(await see(anew)).toMatchObject({ state: 'waiting', approval: { needs: 'operator' } })
  expect((await as('otto', 'POST', `/v1/runs/${anew}/approve`)).status).toBe(200)
})

test('a run that was declined stays so, says by whom and why, and leaves no job in a queue', async () => {
  const { as, restore, see, lease } = await setUp()
  const runId = await restore('olga', OVER)
  expect((await as('otto', 'POST', `/v1/runs/${runId}/decline`)).status).toBe(403)
  const body = { because: 'the wrong day' }
  expect((await as('anna', 'POST', `/v1/runs/${runId}/decline`, body)).json).toEqual({ runId })
  expect(await see(runId)).toMatchObject({
    state: 'cancelled',
    line: 'declined by anna: the wrong day',
  })
  const late = await as('adam', 'POST', `/v1/runs/${runId}/approve`)
  expect(late.json).toMatchObject({
    code: 'APPROVAL_REFUSED',
    message: 'The run cannot be approved: it has ended (cancelled).',
  })
  expect(await lease()).toEqual([])
})

test('whoever asked may take it back, by declining or by cancelling', async () => {
  const { as, restore, see } = await setUp()
  const first = await restore('olga', OVER)
  await as('olga', 'POST', `/v1/runs/${first}/decline`)
  expect(await see(first)).toMatchObject({ state: 'cancelled' })
  const second = await restore('olga', OVER)
  await as('olga', 'POST', `/v1/runs/${second}/cancel`)
  expect(await see(second)).toMatchObject({
    state: 'cancelled',
    line: 'withdrawn before it was approved; nothing was read or written',
  })
})

test('a token of an outside system approves nothing, whatever its role', async () => {
  const { as, restore, see } = await setUp()
  const runId = await restore('olga', OVER)
  const { json } = await as('robot', 'POST', `/v1/runs/${runId}/approve`)
  expect(json).toMatchObject({ code: 'APPROVAL_REFUSED' })
  expect(await see(runId)).toMatchObject({ state: 'waiting' })
})

test('a run that needs no approval is not approved', async () => {
  const { as, restore } = await setUp()
  const { json } = await as('anna', 'POST', `/v1/runs/${await restore('anna')}/approve`)
  expect(json).toMatchObject({ code: 'APPROVAL_REFUSED' })
})

test('that somebody has to agree is announced together with the run', async () => {
  const { api, restore } = await setUp()
  const runId = await restore('olga', OVER)
  const { items } = await api.ports.catalog.query<{ event: object }>(keys.outbox('').pk)
  expect(items.map(({ value }) => value.event)).toMatchObject([
    { kind: 'restore-approval-asked', runId, askedBy: 'olga' },
  ])
})

test.each([
  { status: 'planned', steps: ['Makes a VM.'] },
  {
    status: 'failed',
    problem: { code: 'SR_FULL', message: 'No room.', advice: 'Make some.', retryable: false },
  },
])(
  'a plan that ended as $status is counted nowhere, told to nobody, and listed where it is asked for',
  async outcome => {
    const { api, as, restore, see, lease } = await setUp()
    const runId = await restore('olga', { planOnly: true })
    const jobs: Awaited<ReturnType<typeof lease>> = []
    await expect.poll(async () => jobs.push(...(await lease()))).toBe(1)
    const [job] = jobs
    await api.asGateway('POST', `/v1/jobs/${job?.jobId}/result`, { epoch: job?.epoch, outcome })
    await expect.poll(async () => (await see(runId)).state).toMatch(/succeeded|failed/)
    const listed = async (query: string) => {
      const { json } = await api.call('GET', '/v1/runs', { authorization: 'Bearer anna', query })
      return (json.items as object[]).length
    }
    expect(await listed('')).toBe(0)
    expect(await listed('kind=restore')).toBe(0)
    expect(await listed('plans=true')).toBe(1)
    const overview = (await as('anna', 'GET', '/v1/overview')).json as { runs: object }
    expect(overview.runs).toMatchObject({ succeeded: 0, failed: 0 })
    expect((await as('anna', 'GET', '/v1/statistics')).json.days).toEqual([])
    for (const { pk } of [keys.outbox(''), keys.notice(''), keys.series('')])
      expect((await api.ports.catalog.query(pk)).items).toEqual([])
  },
)
