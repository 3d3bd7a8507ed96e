import { beforeEach, expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import { inUse } from '#core/maintenance/in-use.ts'
import { routeOutbox } from '#core/notifications/route.ts'
import { failures } from '#core/overview/failures.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { newestRunOf } from '#core/restore/component-restore.ts'
import type { Job } from '#core/runs/job.ts'
import { dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { endRun } from '#functions/runs/end-run.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, pointOf, signToken, vmUuid } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'

/*
 * Motivation: a restore that waits for a person is nobody's success and nobody's failure, and it is the only one of its component.
 * Steps: an agent, played here, tells where its restore stopped; people go on with it in wrong and right ways, decline, and give up.
 * Passes when runs say how it stands, its point stays, and what is refused says why.
 */

const GUEST = '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55'
const POINT = '01J000000000000000000000PT'
const OTHER = '01J000000000000000000000PV'
const component = { vmUuid: vmUuid(7), vmName: 'db01: postgresql', poolUuid: GUEST }

let api: TestApi
let asAgent: TestApi['asGateway']
let agentId: string

beforeEach(async () => {
  api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  for (const pointId of [POINT, OTHER])
    await putPoint(api.ports.catalog, { ...pointOf(pointId, component), kind: 'component' })
  const made = { for: { guest: {} } }
  const { code } = (await api.asPerson('POST', '/v1/enrolment-codes', made)).json
  const { publicKey, privateKey } = await makeKeyPair()
  const guest = { guestUuid: GUEST, os: 'linux', osName: 'Debian 12', machine: 'db01' }
  const body = { code, name: 'db01', publicKey, guest }
  agentId = String((await api.call('POST', '/v1/enrolments', { body })).json.gatewayId)
  asAgent = async (method, path, given) => {
    const now = api.ports.clock.now()
    const token = await signToken({ gatewayId: agentId, privateKey }, method, path, {}, now)
    return api.call(method, path, { authorization: `Bearer ${token}`, body: given })
  }
})

const ask = async (more: object = {}) =>
  (await api.asPerson('POST', '/v1/runs', { kind: 'component-restore', pointId: POINT, ...more }))
    .json as { runId: string; code?: string; message?: string }

/** The agent takes the job of a run and tells what came of it. @returns what it was asked to do */
const tell = async (runId: string, outcome: object): Promise<Job['spec'] | undefined> => {
  const { catalog } = api.ports
  for (const { jobId } of await readJobs(catalog, runId)) await dispatchJob(catalog, jobId)
  const path = `/v1/gateways/${agentId}/lease`
  const wants = { instance: POINT, freeSlots: 4, holding: [], pools: [], guest: GUEST }
  const { json } = await asAgent('POST', path, wants)
  const [job] = json.jobs as { jobId: string; epoch: number; spec: Job['spec'] }[]
  const told = await asAgent('POST', `/v1/jobs/${job?.jobId}/result`, {
    epoch: job?.epoch,
    outcome,
  })
  expect(told.json).toEqual({ accepted: true })
  const problem = { code: 'X', message: 'Unfinished.', advice: 'None.', retryable: false }
  await endRun(api.ports, runId, problem)
  return job?.spec
}
const report = (more: object) => ({
  status: 'component-restored',
  report: {
    ...{ componentUuid: component.vmUuid, pointId: POINT, steps: [], notes: [] },
    ...{ recipe: { name: 'postgresql', version: 1 }, ...more },
  },
})
const AT_PERSON = report({
  stopped: { at: 'off', because: 'manual', number: 2, of: 4, text: 'Switch it off.', from: [3] },
})
const run = async (runId: string) =>
  (await api.asPerson('GET', `/v1/runs/${runId}`)).json.run as Record<string, unknown>

test('a run that stopped for a person says so, and only its restore goes on', async () => {
  const { runId } = await ask()
  expect(await ask({ pointId: OTHER })).toMatchObject({ code: 'COMPONENT_RESTORE_OPEN' })
  expect(await ask({ steps: { from: 2 } })).toMatchObject({ code: 'COMPONENT_RESTORE_STEP' })
  await tell(runId, AT_PERSON)
  expect(await run(runId)).toMatchObject({
    state: 'action-required',
    line: 'stopped for a person at step 2 of 4, "off" (goes on from step 3): Switch it off.',
  })
  expect(await inUse(api.ports.catalog, { pointId: POINT, vmUuid: component.vmUuid }, 0)).toContain(
    'waits for a person',
  )
  expect(await ask()).toMatchObject({
    code: 'COMPONENT_RESTORE_OPEN',
    message: expect.stringContaining('waits for a person at step 2, "off"'),
  })
  expect(await ask({ steps: { from: 4 } })).toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    message: expect.stringContaining('step 4 is not the one that is open'),
  })
  expect(await ask({ pointId: OTHER, steps: { from: 3 } })).toMatchObject({
    message: expect.stringContaining(`is of the recovery point ${POINT}`),
  })
  expect((await api.asPerson('POST', `/v1/runs/${runId}/retry`, {})).json).toMatchObject({
    code: 'RETRY_REFUSED',
  })

  const { runId: next } = await ask({ steps: { from: 3 } })
  expect(await tell(next, report({}))).toMatchObject({ steps: { from: 3 } })
  expect(await run(next)).toMatchObject({ state: 'succeeded', goesOnFrom: runId })
  expect(await run(runId)).toMatchObject({ state: 'action-required', goneOnBy: next })
  expect(await inUse(api.ports.catalog, { pointId: POINT, vmUuid: component.vmUuid }, 0)).toBe(
    undefined,
  )
  expect(await ask({ steps: { from: 3 } })).toMatchObject({ code: 'COMPONENT_RESTORE_STEP' })
  expect((await ask()).code).toBeUndefined()
})

test('of two who go on at once, one does', async () => {
  const { runId } = await ask()
  await tell(runId, AT_PERSON)
  const both = await Promise.all([ask({ steps: { from: 3 } }), ask({ steps: { from: 3 } })])
  expect(both.filter(({ code }) => code === undefined)).toHaveLength(1)
})

test('what the guest refuses leaves the restore where it was', async () => {
  const { runId } = await ask()
  await tell(runId, AT_PERSON)
  const { runId: refused } = await ask({ steps: { from: 3 } })
  const problem = {
    code: 'COMPONENT_RESTORE_STEP',
    message: 'No.',
    advice: 'Do.',
    retryable: false,
  }
  await tell(refused, { status: 'failed', problem })
  expect(await run(refused)).toMatchObject({ state: 'failed' })
  expect(await ask()).toMatchObject({ code: 'COMPONENT_RESTORE_OPEN' })
  expect((await ask({ steps: { from: 3 } })).code).toBeUndefined()
})

test('approved once it is approved as a whole; setting a rule aside is asked about again', async () => {
  const operator = async (more: object = {}) => {
    const body = { kind: 'component-restore', pointId: POINT, ...more }
    const asked = await api.call('POST', '/v1/runs', { body, authorization: 'Bearer operator' })
    return String(asked.json.runId)
  }
  const first = await operator()
  expect(await run(first)).toMatchObject({ state: 'waiting', approval: { needs: 'administrator' } })
  await api.asPerson('POST', `/v1/runs/${first}/approve`, {})
  await tell(first, AT_PERSON)
  const aside = await operator({
    ...{ steps: { from: 3 }, overrides: [{ rule: 'tombstone-life', because: 'all burnt' }] },
  })
  expect(await run(aside)).toMatchObject({ state: 'waiting' })
  await api.asPerson('POST', `/v1/runs/${aside}/decline`, {})
  // Declined, it did nothing: the restore waits as before.
  expect(await run(await operator({ steps: { from: 3 } }))).toMatchObject({ state: 'running' })
})

test('given up, nobody waits for it, and another one may begin', async () => {
  const { runId } = await ask()
  expect(await ask({ steps: { giveUp: true } })).toMatchObject({ code: 'COMPONENT_RESTORE_STEP' })
  await tell(runId, AT_PERSON)
  const { runId: end } = await ask({ steps: { giveUp: true } })
  expect(await run(runId)).toMatchObject({
    ...{ state: 'cancelled', givenUpBy: end },
    line: expect.stringMatching(/^given up by .*; before, it stopped for a person at step 2/),
  })
  expect((await ask()).code).toBeUndefined()
  await tell(end, report({ givenUp: true, notes: ['Nothing stays.'] }))
  expect(await run(end)).toMatchObject({ state: 'succeeded', line: 'given up. Nothing stays.' })
})

test('what is given up is of the point that is open: that of another one is left alone', async () => {
  const { runId } = await ask()
  await tell(runId, AT_PERSON)
  expect(await ask({ pointId: OTHER, steps: { giveUp: true } })).toMatchObject({
    code: 'COMPONENT_RESTORE_STEP',
    message: expect.stringContaining(`is of the recovery point ${POINT}`),
  })
  expect(await run(runId)).toMatchObject({ state: 'action-required' })
  const asked = { pointId: POINT, vmUuid: component.vmUuid }
  expect(await inUse(api.ports.catalog, asked, 0)).toContain('waits for a person')
  expect((await ask({ steps: { from: 3 } })).code).toBeUndefined()
})

const REFUSED = {
  status: 'failed',
  problem: { code: 'RECIPE_STEP_FAILED', message: 'No.', advice: 'Do.', retryable: false },
}

test('refused in a later life of its job, it may stand in the middle, and its guest says where', async () => {
  const { catalog } = api.ports
  const { runId } = await ask()
  await tell(runId, REFUSED)
  expect(await ask({ steps: { from: 3 } })).toMatchObject({ code: 'COMPONENT_RESTORE_STEP' })
  const { runId: second } = await ask()
  await tell(second, REFUSED)
  const [job] = await readJobs(catalog, second)
  const key = keys.job(second, job?.jobId ?? '')
  await catalog.write([{ kind: 'put', key, value: { ...job, epoch: 2 }, expect: 'any' }])
  expect((await ask({ steps: { from: 3 } })).code).toBeUndefined()
})

test('a step of a site is as its restore stands: who was declined or refused has not gone on with it', async () => {
  const { catalog } = api.ports
  const newest = async (runId: string) => (await newestRunOf(catalog, runId))?.runId
  const { runId } = await ask()
  await tell(runId, AT_PERSON)
  const { runId: refused } = await ask({ steps: { from: 3 } })
  expect(await newest(runId)).toBe(refused)
  await tell(refused, REFUSED)
  expect([await newest(runId), await newest(refused)]).toEqual([runId, runId])

  const overrides = [{ rule: 'tombstone-life', because: 'all burnt' }]
  const body = { kind: 'component-restore', pointId: POINT, steps: { from: 3 }, overrides }
  const asked = await api.call('POST', '/v1/runs', { body, authorization: 'Bearer operator' })
  const declined = String(asked.json.runId)
  expect(await newest(runId)).toBe(declined)
  await api.asPerson('POST', `/v1/runs/${declined}/decline`, {})
  expect([await newest(runId), await newest(declined)]).toEqual([runId, runId])
  // Who looks at the first one may go on with it there.
  expect(await run(runId)).not.toHaveProperty('goneOnBy')

  const { runId: done } = await ask({ steps: { from: 3 } })
  await tell(done, report({}))
  for (const one of [runId, refused, declined, done]) expect(await newest(one)).toBe(done)
  expect(await run(runId)).toMatchObject({ goneOnBy: done })
})

test('the overview tells that a restore waits for a person, also after one who would go on was declined', async () => {
  const told = async () => {
    const now = api.ports.clock.now()
    await routeOutbox(api.ports.catalog, now)
    return (await failures(api.ports.catalog, [], now)).map(({ go }) => 'id' in go && go.id)
  }
  const { runId } = await ask()
  await tell(runId, AT_PERSON)
  const overrides = [{ rule: 'tombstone-life', because: 'all burnt' }]
  const body = { kind: 'component-restore', pointId: POINT, steps: { from: 3 }, overrides }
  const asked = await api.call('POST', '/v1/runs', { body, authorization: 'Bearer operator' })
  expect(await told()).toEqual([])
  await api.asPerson('POST', `/v1/runs/${asked.json.runId}/decline`, {})
  expect(await told()).toEqual([runId])
})
