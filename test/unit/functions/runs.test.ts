import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import { GetRunReply, ListPointsReply } from '#core/contracts/runs-api.ts'
import { ListVmsReply } from '#core/contracts/vms-api.ts'
import { WorkflowUnavailableError } from '#core/errors/workflow.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { limits } from '#core/runs/limits.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { backedUp, POOL, pointOf, poolOf, progress, vmUuid } from '#test/support/fake-gateway.ts'

const REPOSITORY = '0123456789abcdef0123456789abcdef'
const INSTANCE = ulid()

const siteWith = async (...names: string[]) => {
  const api = await testApi()
  const { gatewayId } = api.gateway
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools: [poolOf(...names)] })
  return api
}

const startBackup = async (api: TestApi, ...vms: string[]) => {
  const { json } = await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms })
  expect(json).toEqual({ runId: expect.any(String) })
  return String(json.runId)
}

interface Leased {
  jobId: string
  epoch: number
  spec: { kind: string; vmUuid: string; vmName: string; poolUuid: string; newName: string }
}

const lease = async (api: TestApi, freeSlots = 4, instance = INSTANCE): Promise<Leased[]> => {
  const path = `/v1/gateways/${api.gateway.gatewayId}/lease`
  const { json } = await api.asGateway('POST', path, { instance, freeSlots, pools: [POOL] })
  return json.jobs as Leased[]
}

const tell = (api: TestApi, { jobId, epoch }: Leased, outcome: unknown) =>
  api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch, outcome })

const see = async (api: TestApi, runId: string) => {
  const { json } = await api.asPerson('GET', `/v1/runs/${runId}`)
  return GetRunReply.parse(json)
}

const putPoints = (api: TestApi, ids: string[], repositoryId = REPOSITORY, name = 'web01') =>
  api.asGateway('PUT', `/v1/repositories/${repositoryId}/points`, {
    points: ids.map(id => ({
      ...pointOf(id, { vmUuid: vmUuid(1), vmName: name, poolUuid: POOL }),
      repositoryId,
    })),
  })

test('a pool that no enrolled gateway serves is refused at once', async () => {
  const api = await siteWith('web01')
  const key = keys.gateway(api.gateway.gatewayId)
  await api.ports.catalog.write([{ kind: 'delete', key, expect: 'any' }])
  const { status, json } = await api.asPerson('POST', '/v1/runs', {
    kind: 'backup',
    vms: ['web01'],
  })
  expect({ status, ...json }).toMatchObject({
    status: 503,
    code: 'GATEWAY_SILENT',
    message: `No enrolled gateway serves the pool ${POOL} of "web01".`,
    retryable: true,
  })
})

test('where a gateway cannot use a pool of its settings, that is told as the likely reason', async () => {
  const api = await siteWith('web01')
  const key = keys.gateway(api.gateway.gatewayId)
  const item = await api.ports.catalog.get<Gateway>(key)
  const unreachable = [{ address: 'https://192.0.2.10', problem: 'It is not trusted.' }]
  const value = { ...item?.value, pools: [], unreachable }
  await api.ports.catalog.write([{ kind: 'put', key, value, expect: 'any' }])
  const { json } = await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'] })
  expect(json).toMatchObject({
    code: 'GATEWAY_SILENT',
    message: `No enrolled gateway serves the pool ${POOL} of "web01". Gateway "site A" cannot use the pool at https://192.0.2.10: It is not trusted.`,
    advice:
      'Start the gateway of this pool and check that it reaches the pool and the control plane; "xenkeep vms" warns of pools that do not answer.',
  })
})

test('a lock goes with the jobs of the run to their gateway', async () => {
  const api = await siteWith('web01')
  const lock = { mode: 'compliance', days: 365 }
  await api.asPerson('POST', '/v1/runs', { kind: 'backup', vms: ['web01'], lock })
  await expect.poll(() => lease(api)).toMatchObject([{ spec: { vmName: 'web01', lock } }])
  const body = { kind: 'backup', vms: ['web01'], lock: { mode: 'legal', days: 1 } }
  expect((await api.asPerson('POST', '/v1/runs', body)).status).toBe(400)
})

test('a run waits for a silent gateway, says so, and gives up after an hour', async () => {
  const api = await siteWith('web01')
  const runId = await startBackup(api, 'web01')
  await expect
    .poll(async () => (await see(api, runId)).run.line)
    .toBe('waiting for a free slot of gateway "site A"')
  api.wait(15 * 60_000)
  expect((await see(api, runId)).run).toMatchObject({
    state: 'running',
    line: 'waiting: gateway "site A" has been silent for 15 minutes',
  })
  api.wait(limits.queuePatienceMs)
  await tendRuns({
    ...api.ports,
    workflow: { ...api.ports.workflow, start: async () => 'running' },
  })()
  await expect
    .poll(async () => (await see(api, runId)).run)
    .toMatchObject({
      state: 'failed',
      problem: { code: 'GATEWAY_SILENT' },
    })
})

test('a workflow that cannot be started fails the run and tells the caller', async () => {
  const workflow = {
    start: async () => {
      throw new WorkflowUnavailableError('start the run')
    },
    stop: async () => {},
    succeedTask: async () => false,
    failTask: async () => false,
    heartbeatTask: async () => false,
  }
  const api = await testApi({ workflow })
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, {
    pools: [poolOf('web01')],
  })
  const { status, json } = await api.asPerson('POST', '/v1/runs', {
    kind: 'backup',
    vms: ['web01'],
  })
  expect({ status, ...json }).toMatchObject({ status: 503, code: 'WORKFLOW_UNAVAILABLE' })
  const runs = await api.asPerson('GET', '/v1/runs')
  expect(runs.json.items).toMatchObject([
    { state: 'failed', problem: { code: 'WORKFLOW_UNAVAILABLE' } },
  ])
})

test('cancelling ends what nobody holds at once and the rest when its gateway hears of it', async () => {
  const api = await siteWith('web01', 'db01')
  const runId = await startBackup(api, 'web01', 'db01')
  await expect.poll(() => lease(api, 1)).toHaveLength(1)
  const { jobs } = await see(api, runId)
  const held = jobs.find(({ state }) => state === 'leased')
  if (!held) throw new Error('expected a leased job')

  expect(await api.asPerson('POST', `/v1/runs/${runId}/cancel`)).toMatchObject({
    status: 200,
    json: { runId },
  })
  expect((await see(api, runId)).jobs.map(({ outcome }) => outcome?.status).sort()).toEqual([
    'cancelled',
    undefined,
  ])
  const beat = await api.asGateway('POST', `/v1/jobs/${held.jobId}/heartbeat`, {
    epoch: 1,
    progress,
  })
  expect(beat.json).toMatchObject({ directive: 'cancel' })
  expect((await see(api, runId)).run.line).toMatch(
    /^cancelling: 0 of 2 VMs backed up, 1 cancelled, 1 open\./,
  )

  await tell(api, { ...held, epoch: 1 } as never, { status: 'cancelled' })
  await expect.poll(async () => (await see(api, runId)).run.state).toBe('cancelled')
  const again = await api.asPerson('POST', `/v1/runs/${runId}/cancel`)
  expect(again.status).toBe(200)
})

test('outcomes that do not fit the job are refused, and the job stays open', async () => {
  const api = await siteWith('web01')
  const runId = await startBackup(api, 'web01')
  let job: Leased | undefined
  await expect.poll(async () => ([job] = await lease(api))).toHaveLength(1)
  if (!job) throw new Error('expected a job')
  const { jobId, spec } = job
  const report = {
    newVmUuid: vmUuid(9),
    newName: 'x',
    started: false,
    bytesWritten: 0,
    disks: [],
    notes: [],
  }
  const wrong = [
    [backedUp(ulid(), spec), 'the recovery point is not named by the job'],
    [backedUp(jobId, { ...spec, vmUuid: vmUuid(7) }), 'the recovery point is one of another VM'],
    [{ status: 'restored', report }, 'it was no restore'],
  ] as const
  for (const [outcome, why] of wrong) {
    const { status, json } = await tell(api, job, outcome)
    expect({ status, ...json }).toMatchObject({
      status: 400,
      code: 'OUTCOME_MISMATCH',
      message: `The outcome told for job ${jobId} does not fit it: ${why}.`,
    })
  }
  expect((await see(api, runId)).run.state).toBe('running')
})

test('a restore asks for the point, the pool and the SR, and names the new VM', async () => {
  const api = await siteWith('other')
  const pointId = ulid()
  await putPoints(api, [pointId])
  const ask = (extra: object) =>
    api.asPerson('POST', '/v1/runs', { kind: 'restore', pointId, ...extra })
  expect((await ask({ poolUuid: vmUuid(5) })).json).toMatchObject({ code: 'POOL_NOT_FOUND' })
  expect((await ask({ srUuid: vmUuid(5) })).json).toMatchObject({
    code: 'SR_NOT_FOUND',
    message: `The pool "pool one" has no storage repository "${vmUuid(5)}".`,
  })
  const { json } = await ask({})
  await expect
    .poll(() => lease(api))
    .toMatchObject([
      {
        spec: {
          kind: 'restore-vm',
          pointId,
          vmName: 'web01',
          newName: 'web01 (restored)',
          start: false,
        },
      },
    ])
  expect((await see(api, String(json.runId))).run.title).toBe('"web01" as "web01 (restored)"')
})

test('single disks become a job without a VM; what does not go with them is refused', async () => {
  const api = await siteWith('other')
  const pointId = ulid()
  await putPoints(api, [pointId])
  const ask = (wishes: object, extra: object = {}) =>
    api.asPerson('POST', '/v1/runs', { kind: 'restore', pointId, wishes, ...extra })
  const refused = async (wishes: object, extra: object, why: string) =>
    expect((await ask(wishes, extra)).json).toMatchObject({
      code: 'RESTORE_REQUEST',
      message: `This restore cannot be asked for: ${why}.`,
    })
  await refused(
    { attachTo: 'web' },
    {},
    'only single disks are attached to a VM, and none is named',
  )
  await refused(
    { disks: ['0'], identity: 'same' },
    {},
    'a VM does not come back as itself with some of its disks only',
  )
  await refused({ disks: ['0'] }, { start: true }, 'a disk without a VM does not start')
  await refused(
    { disks: ['0', '1'] },
    { newName: 'x' },
    'one name cannot be given to several disks',
  )
  await refused(
    { disks: ['0'], networks: { 0: 'LAN' } },
    {},
    'a disk without a VM has nothing that "networks" could be for',
  )
  await refused(
    { disks: ['0'], attachTo: 'web', identity: 'disks-only' },
    {},
    'writing into the disks of a VM leaves all else as it is, "attachTo" too',
  )
  await refused(
    { resume: true, identity: 'disks-only' },
    {},
    'writing into the disks of a VM leaves all else as it is, "resume" too',
  )
  await refused(
    { resume: true, macs: 'new' },
    {},
    'a guest that goes on from its memory keeps its MAC addresses',
  )
  await refused(
    { resume: true, disks: ['0'] },
    {},
    'a disk without a VM has nothing that "resume" could be for',
  )
  expect((await ask({ disks: [] })).json).toMatchObject({ code: 'REQUEST_INVALID' })
  const wishes = { disks: ['1'], diskSrs: { 1: 'Fast' }, attachTo: 'rescue' }
  const { json } = await ask(wishes, { newName: 'data of Monday' })
  await expect
    .poll(() => lease(api))
    .toMatchObject([
      { spec: { kind: 'restore-new-disks', pointId, newName: 'data of Monday', wishes } },
    ])
  expect((await see(api, String(json.runId))).run.title).toBe('"web01" disk "1" alone')
})

test('the jobs of a long run come page by page, and each page tells of all of them', async () => {
  const api = await siteWith('web01', 'web02', 'web03')
  const runId = await startBackup(api, 'web01', 'web02', 'web03')
  const page = async (query: string) => {
    const { json } = await api.asPerson('GET', `/v1/runs/${runId}`, undefined, query)
    const { run, jobs, next } = GetRunReply.parse(json)
    return { line: run.line, vms: jobs.map(({ spec }) => subjectOf(spec)), next }
  }
  const whole = await see(api, runId)
  expect(whole.next).toBeUndefined()
  const first = await page('limit=2')
  expect(first).toEqual({ line: whole.run.line, vms: ['web01', 'web02'], next: expect.any(String) })
  const second = await page(`limit=2&after=${first.next}`)
  expect(second).toEqual({ line: whole.run.line, vms: ['web03'], next: undefined })
})

test('points of a VM that is gone are found by its name, newest first and page by page', async () => {
  const api = await siteWith('other')
  const ids = [
    '01J0000000000000000000000A',
    '01J0000000000000000000000B',
    '01J0000000000000000000000C',
  ]
  expect((await putPoints(api, ids)).json).toEqual({ accepted: true })
  expect((await putPoints(api, ids)).json).toEqual({ accepted: true })
  const page = async (query: string) => {
    const { items, next } = ListPointsReply.parse(
      (await api.asPerson('GET', '/v1/points', undefined, query)).json,
    )
    return { ids: items.map(({ pointId }) => pointId), next }
  }
  const first = await page('vm=web01&limit=2')
  expect(first).toEqual({ ids: [ids[2], ids[1]], next: expect.any(String) })
  expect(await page(`vm=web01&limit=2&after=${first.next}`)).toEqual({
    ids: [ids[0]],
    next: undefined,
  })
  expect((await page('')).ids).toHaveLength(3)
  expect((await page(`vm=${vmUuid(1).toUpperCase()}`)).ids).toHaveLength(3)
  expect((await page('vm=other')).ids).toEqual([])
})

test('a new catalog takes the repository that it hears of first, and refuses another later', async () => {
  const api = await siteWith('web01')
  const [known, unknown] = [ulid(), ulid()]
  await putPoints(api, [known])
  const ask = (repositoryId: string) =>
    api.asGateway('POST', `/v1/repositories/${repositoryId}/missing-points`, {
      pointIds: [known, unknown],
    })
  expect((await ask(REPOSITORY)).json).toEqual({ missing: [unknown] })
  const other = 'f'.repeat(32)
  expect(await ask(other)).toMatchObject({
    status: 409,
    json: {
      code: 'REPOSITORY_MISMATCH',
      message: `The gateway speaks of repository ${other}, but this control plane uses ${REPOSITORY}.`,
    },
  })
})

test('an inventory replaces the one before, VM by VM, and shows the newest point', async () => {
  const api = await siteWith('web01', 'db01')
  const path = `/v1/gateways/${api.gateway.gatewayId}/inventory`
  await putPoints(api, [ulid()])
  const names = async () => {
    const { items } = ListVmsReply.parse((await api.asPerson('GET', '/v1/vms')).json)
    return items.map(({ name, lastPoint }) => [name, lastPoint])
  }
  expect(await names()).toEqual([
    ['web01', 1],
    ['db01', undefined],
  ])
  await api.asGateway('PUT', path, { pools: [poolOf('renamed')] })
  expect(await names()).toEqual([['renamed', 1]])
  await api.asGateway('PUT', path, { pools: [] })
  expect(await names()).toEqual([['renamed', 1]])
})

test('two gateways never get one job', async () => {
  const api = await siteWith('a', 'b', 'c', 'd')
  await startBackup(api, 'a', 'b', 'c', 'd')
  await expect
    .poll(async () => (await api.ports.catalog.query(keys.openJob(POOL, '').pk)).items.length)
    .toBe(4)
  const both = await Promise.all([lease(api, 3), lease(api, 3)])
  const ids = both.flat().map(({ jobId }) => jobId)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(4)
})
