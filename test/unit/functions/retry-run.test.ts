import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { JobOutcome, JobSpec } from '#core/contracts/jobs.ts'
import { finishJob, newJob } from '#core/runs/job.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import type { Run } from '#core/runs/run.ts'
import { createRun, readRun } from '#core/runs/runs-catalog.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { testApi } from '#test/support/call-api.ts'
import { backedUp, specOf, srFull } from '#test/support/ended-run.ts'
import { POOL, pointOf, poolOf, vmUuid } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'

const POLICY = '01J000000000000000000000PX'
const POINT = ulid(3)
const cancelled: JobOutcome = { status: 'cancelled' }
const skipped: JobOutcome = { status: 'skipped', reason: 'it is a standby' }

/** A run that has ended, with a job for each of these. */
const siteWith = async (
  members: readonly (readonly [JobSpec, JobOutcome])[],
  more: Partial<Run> = {},
) => {
  const api = await testApi({ workflow: inertWorkflow })
  const { catalog } = api.ports
  await api.asGateway('PUT', `/v1/gateways/${api.gateway.gatewayId}/inventory`, {
    pools: [poolOf('web01', 'db01')],
  })
  const point = pointOf(POINT, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL })
  await api.asGateway('PUT', `/v1/repositories/${point.repositoryId}/points`, { points: [point] })
  const runId = ulid(5)
  const run: Run = {
    ...{ runId, kind: 'backup', state: 'warning', title: '"vm0", "vm1" and more', started: 5 },
    ...{ ended: 9, line: 'done', attempt: 1 },
    ...more,
  }
  const jobs = members.map(([spec, outcome], n) =>
    finishJob({ ...newJob(ulid(6 + n), runId, spec, 5), jobsAtOnce: 2 }, outcome, 8),
  )
  await createRun(catalog, run, jobs)
  const retry = (id = runId, who = 'person', idempotencyKey?: string) =>
    api.call('POST', `/v1/runs/${id}/retry`, {
      authorization: `Bearer ${who}`,
      body: {},
      ...(idempotencyKey && { idempotencyKey }),
    })
  /** The new run with its jobs, which its first task would make. */
  const retried = async () => {
    const { status, json } = await retry()
    expect(status, JSON.stringify(json)).toBe(200)
    const id = String(json.runId)
    await makeJobs(api.ports, (await readRun(catalog, id)).value)
    const view = (await api.asPerson('GET', `/v1/runs/${id}`)).json.run as Record<string, unknown>
    return { id, view, jobs: await readJobs(catalog, id) }
  }
  const see = async (id = runId) =>
    (await api.asPerson('GET', `/v1/runs/${id}`)).json.run as Record<string, unknown>
  return { api, catalog, runId, retry, retried, see }
}

test('what failed or was cancelled is done again, as it was asked for then; both runs tell of each other', async () => {
  const hard = { ...specOf(1), policyId: POLICY, lock: { mode: 'governance' as const, days: 7 } }
  const { runId, retried, see } = await siteWith(
    [
      [specOf(0), backedUp(0)],
      [hard, srFull],
      [specOf(2), cancelled],
      [specOf(3), skipped],
    ],
    { policyId: POLICY, policyName: 'Nightly' },
  )
  const { id, view, jobs } = await retried()
  expect(jobs.map(({ spec }) => spec)).toEqual([hard, specOf(2)])
  expect(jobs.every(({ jobsAtOnce, state }) => jobsAtOnce === 2 && state === 'queued')).toBe(true)
  expect(view).toMatchObject({
    ...{ kind: 'backup', state: 'running', title: 'again: "vm1", "vm2"', retryOf: runId },
    ...{ policyId: POLICY, policyName: 'Nightly', startedBy: 'someone' },
    log: [{ text: `asked for by someone, to try again what failed in run ${runId}` }],
  })
  expect(await see()).toMatchObject({
    retriedBy: id,
    state: 'warning',
    log: [
      { at: 5, text: 'asked for' },
      { at: 9, text: 'ended: warning' },
      { text: `tried again by someone: run ${id}` },
    ],
  })
})

test('a run is tried again once, also when the answer was lost, and its retry then in its place', async () => {
  const { runId, retry, api, catalog } = await siteWith([[specOf(1), srFull]])
  const first = await retry(runId, 'operator', 'one')
  expect(first.status).toBe(200)
  expect((await retry(runId, 'operator', 'one')).json).toEqual(first.json)
  const again = String(first.json.runId)
  expect((await retry()).json).toMatchObject({
    code: 'RETRY_REFUSED',
    message: `The run ${runId} cannot be tried again: what failed in it was tried again by the run ${again}.`,
  })
  expect((await retry(again)).json.message).toContain('it has not ended')
  // Cancelled before it had made its jobs: they are still those of the first.
  await api.asPerson('POST', `/v1/runs/${again}/cancel`)
  const ended = { ...(await readRun(catalog, again)).value, state: 'cancelled' as const, ended: 9 }
  const key = { pk: 'RUNS', sk: again }
  await catalog.write([{ kind: 'put', key, value: ended, expect: 'any' }])
  const third = await retry(again)
  expect(third.status).toBe(200)
  await makeJobs(api.ports, (await readRun(catalog, String(third.json.runId))).value)
  expect((await readJobs(catalog, String(third.json.runId))).length).toBe(1)
})

test('members that were snapshotted together are so again; the programs around the run run again', async () => {
  const group = { id: ulid(1), whenOneFails: 'group' as const, members: [] }
  const program = {
    ...{ kind: 'run-program' as const, poolUuid: POOL, vmUuid: POOL, vmName: 'pool', vms: 3 },
    ...{ script: 'stop-app', timeoutSeconds: 60, policyId: POLICY, policyName: 'Nightly' },
  }
  const ran: JobOutcome = { status: 'program-ran', said: 'ok' }
  const { retried } = await siteWith([
    [{ ...program, when: 'before', ifFails: 'fail' }, ran],
    [{ ...specOf(1), group } as JobSpec, srFull],
    [{ ...specOf(2), group } as JobSpec, srFull],
    [specOf(3), backedUp(3)],
    [{ ...program, when: 'after', status: 'warning' }, ran],
  ])
  const { id, jobs } = await retried()
  expect(jobs.map(({ spec }) => spec.kind)).toEqual([
    'run-program',
    'backup-vm',
    'backup-vm',
    'run-program',
  ])
  expect(jobs[0]?.spec).toMatchObject({ when: 'before', vms: 2 })
  expect(jobs[1]?.spec).toMatchObject({
    group: { id, members: [{ vmUuid: vmUuid(1) }, { vmUuid: vmUuid(2) }] },
  })
  expect(jobs[3]?.spec).not.toHaveProperty('status')
})

const over: JobSpec = {
  ...{ kind: 'restore-vm', poolUuid: POOL, vmUuid: vmUuid(1), vmName: 'web01', pointId: POINT },
  ...{ newName: 'web01', start: false, wishes: { identity: 'same', replace: true } },
}
const restored = { kind: 'restore' as const, state: 'failed' as const, title: '"web01" in place' }

test('a restore over a VM asks for approval again', async () => {
  const { retry, see, runId, api } = await siteWith([[over, srFull]], {
    ...restored,
    approval: { needs: 'administrator', askedBy: 'olga', because: 'x', approvedBy: 'anna' },
  })
  const { json } = await retry(runId, 'operator')
  expect(await see(String(json.runId))).toMatchObject({
    ...{ kind: 'restore', state: 'waiting', title: 'again: "web01" in place' },
    approval: { needs: 'administrator', askedBy: 'someone' },
  })
  expect(await see(String(json.runId))).not.toHaveProperty('approval.approvedBy')
  const { jobs } = (await api.asPerson('GET', `/v1/runs/${json.runId}`)).json
  expect(jobs).toMatchObject([{ line: 'not begun: its run waits for approval' }])
})

test('a restore whose point is gone is refused at once', async () => {
  const gone = { ...over, pointId: ulid(99) }
  const { retry } = await siteWith([[gone, srFull]], restored)
  expect((await retry()).json.code).toBe('POINT_NOT_FOUND')
})

test.each([
  [
    'nothing failed',
    [
      [specOf(0), backedUp(0)],
      [specOf(1), skipped],
    ],
    {},
    'nothing failed in it, and nothing was cancelled',
  ],
  ['it has no jobs', [], { state: 'failed' }, 'it ended before it had anything to do'],
  ['it goes on', [[specOf(0), srFull]], { state: 'running' }, 'it has not ended'],
  [
    'maintenance',
    [[{ kind: 'collect-garbage' }, srFull]],
    { kind: 'maintenance' },
    'it is work on the repository, which begins anew as a whole',
  ],
  [
    'a round',
    [],
    { kind: 'replication' },
    'it is a round of a standby, and the next round brings what this one did not',
  ],
  [
    'a failover',
    [],
    { kind: 'failover' },
    'what is done at a standby depends on how that stands now',
  ],
] as const)('refused, in a sentence: %s', async (_, members, more, why) => {
  const { retry, runId } = await siteWith(members as never, more)
  const { status, json } = await retry()
  expect({ status, ...json }).toMatchObject({
    status: 409,
    code: 'RETRY_REFUSED',
    message: `The run ${runId} cannot be tried again: ${why}.`,
    advice: expect.stringMatching(/./),
  })
})

test('a viewer may not', async () => {
  const { retry, runId } = await siteWith([[specOf(0), srFull]])
  expect((await retry(runId, 'viewer')).json.code).toBe('ROLE_INSUFFICIENT')
})
