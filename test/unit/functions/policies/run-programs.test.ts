import { expect, test } from 'vitest'
import type { z } from 'zod'
import { keys } from '#core/catalog/keys.ts'
import { toProblem } from '#core/errors/base.ts'
import { RunProgramFailedError } from '#core/errors/policies.ts'
import { limits } from '#core/runs/limits.ts'
import { changeRun } from '#core/runs/runs-catalog.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { recordJobFailure } from '#functions/workflow/record-job-failure.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { POOL } from '#test/support/fake-gateway.ts'
import { type GivenJob, policySite } from '#test/support/policy-site.ts'

const AROUND = { before: { script: 'stop-batch' }, after: { script: 'start-batch' } }
const RAN = { status: 'program-ran', said: 'done' } as const
const failure = (when: 'before' | 'after') =>
  ({
    status: 'failed',
    problem: toProblem(new RunProgramFailedError(when, '"x" ended with exit code 3: no licence')),
  }) as const

const named = (jobs: readonly GivenJob[]) =>
  jobs.map(({ spec }) =>
    spec.kind === 'run-program' ? `${spec.when} ${spec.script}` : 'vmName' in spec && spec.vmName,
  )

/** The only job that is given now. */
const onlyOf = (jobs: readonly GivenJob[]): GivenJob => {
  expect(jobs).toHaveLength(1)
  return jobs[0] as GivenJob
}

const begun = async (runHooks: object = AROUND, ...vms: string[]) => {
  const site = await policySite(...(vms.length > 0 ? vms : ['web01', 'web02']))
  return { ...site, runId: await site.start({ runHooks }) }
}

test('the first program runs alone, the backups after it, and the last program when all have ended', async () => {
  const { runId, lease, tell, finish, look, ended } = await begun()
  const first = onlyOf(await lease())
  expect(first.spec).toMatchObject({
    ...{ kind: 'run-program', when: 'before', script: 'stop-batch', timeoutSeconds: 300 },
    ...{ ifFails: 'fail', poolUuid: POOL, policyName: 'Nightly', vms: 2 },
  })
  expect((await look(runId)).run.line).toBe('The program "stop-batch" before the run: starting')
  expect(await lease(undefined, [first.jobId])).toStrictEqual([])

  await tell(first, RAN)
  const backups = await lease()
  expect(named(backups)).toStrictEqual(['web01', 'web02'])
  await finish(backups.slice(0, 1))
  expect(await lease(undefined, [backups[1]?.jobId ?? ''])).toStrictEqual([])
  await finish(backups.slice(1))

  const last = onlyOf(await lease())
  expect(last.spec).toMatchObject({ when: 'after', script: 'start-batch', status: 'succeeded' })
  expect((await look(runId)).run).toMatchObject({ state: 'running' })
  await tell(last, RAN)
  const { run, jobs } = await ended(runId)
  expect(run).toMatchObject({
    state: 'succeeded',
    line: '2 of 2 VMs backed up. · The program "stop-batch" before the run: it ran: done · The program "start-batch" after the run: it ran: done',
  })
  expect(jobs).toHaveLength(4)
})

test('where the first program fails nothing is backed up, and the last one runs all the same', async () => {
  const { runId, lease, tell, ended, api } = await begun()
  await tell(onlyOf(await lease()), failure('before'))
  await tendRuns(api.ports)()
  const last = onlyOf(await lease())
  expect(last.spec).toMatchObject({ when: 'after', status: 'failed' })
  await tell(last, RAN)
  const { run, jobs } = await ended(runId)
  expect(run).toMatchObject({
    state: 'failed',
    problem: {
      code: 'RUN_PROGRAM_FAILED',
      message: 'The program before the run failed: "x" ended with exit code 3: no licence',
    },
  })
  expect(jobs[1]?.line).toContain(
    'The program before the run failed, so nothing was backed up: "x" ended with exit code 3: no licence',
  )
})

test('where the policy only wants it noted the backups go on, and the run ends with a warning', async () => {
  const before = { script: 'stop-batch', ifFails: 'note' }
  const { runId, lease, tell, finish, ended } = await begun({ before })
  await tell(onlyOf(await lease()), failure('before'))
  await finish(await lease())
  const { run } = await ended(runId)
  expect(run.state).toBe('warning')
  expect(run.line).toContain('2 of 2 VMs backed up. · The program "stop-batch" before the run:')
  expect(run.line).toContain('no licence')
})

test('that the last program failed is a warning of the run, and is told', async () => {
  const { runId, lease, tell, finish, ended } = await begun({ after: { script: 'start-batch' } })
  await finish(await lease())
  await tell(onlyOf(await lease()), failure('after'))
  const { run } = await ended(runId)
  expect(run.state).toBe('warning')
  expect(run.line).toContain('Do by hand what it would have done')
})

test('a run that is cancelled after the first program has its last one, and is cancelled then', async () => {
  const { runId, lease, tell, cancel, look, ended, api } = await begun()
  await tell(onlyOf(await lease()), RAN)
  const backups = await lease()
  await cancel(runId)
  for (const job of backups) await tell(job, { status: 'cancelled' })
  await tendRuns(api.ports)()
  const last = onlyOf(await lease())
  expect(last.spec).toMatchObject({ when: 'after', status: 'cancelled' })
  await cancel(runId)
  expect((await look(runId)).run.state).toBe('running')
  await tell(last, RAN)
  expect((await ended(runId)).run.state).toBe('cancelled')
})

test('cancelled while the first program is at work: that one is stopped, nothing is backed up, the last one comes', async () => {
  const { runId, lease, tell, cancel, ended, api } = await begun()
  const first = onlyOf(await lease())
  await cancel(runId)
  await tell(first, { status: 'cancelled' })
  await tendRuns(api.ports)()
  const last = onlyOf(await lease())
  expect(last.spec).toMatchObject({ when: 'after', status: 'cancelled' })
  await tell(last, RAN)
  expect((await ended(runId)).run.state).toBe('cancelled')
})

test('cancelled before anything was begun: no program runs', async () => {
  const { runId, lease, cancel, ended, api } = await begun()
  await cancel(runId)
  await tendRuns(api.ports)()
  expect(await lease()).toStrictEqual([])
  const { run, jobs } = await ended(runId)
  expect(run.state).toBe('cancelled')
  expect(jobs.at(-1)?.line).toContain('never begun')
})

test('a gateway that dies in between finds the last program when it is back', async () => {
  const { runId, lease, tell, finish, ended, api } = await begun()
  await tell(onlyOf(await lease()), RAN)
  await finish(await lease())
  onlyOf(await lease())
  // It comes back as another process, hours later.
  api.wait(limits.queuePatienceMs * 3)
  await tendRuns(api.ports)()
  const again = onlyOf(await lease('01J0000000000000000000000B'))
  expect(again).toMatchObject({ epoch: 2, spec: { when: 'after', status: 'succeeded' } })
  await tell(again, RAN)
  expect((await ended(runId)).run.state).toBe('succeeded')
})

test('where no gateway comes back the run ends in a day, and says that the last program did not run', async () => {
  const { runId, lease, tell, finish, ended, api } = await begun()
  await tell(onlyOf(await lease()), RAN)
  await finish(await lease())
  api.wait(limits.lastProgramPatienceMs + 60_000)
  await tendRuns(api.ports)()
  const { run } = await ended(runId)
  expect(run.state).toBe('warning')
  expect(run.line).toContain(
    'The program after the run failed: it was not run, because nobody worked on it for too long (waiting: gateway "site A" has been silent for 1441 minutes). Do by hand',
  )
})

test('an execution that comes to its end before the backups leaves the last program to the next one', async () => {
  const { runId, lease, tell, look, ended, api } = await begun()
  await tell(onlyOf(await lease()), RAN)
  const error = { Error: 'States.ItemReaderFailed', Cause: '' }
  type Input = Parameters<ReturnType<typeof reportRun>>[0] & z.core.$loose
  await reportRun(api.ports)({ runId, attempt: 1, error } as Input)
  expect((await look(runId)).run.state).toBe('running')
  await tendRuns(api.ports)()
  const last = onlyOf(await lease())
  expect(last.spec).toMatchObject({ when: 'after', status: 'failed' })
  await tell(last, RAN)
  expect((await ended(runId)).run.state).toBe('failed')
})

test('a large run is counted without its programs', async () => {
  const names = Array.from({ length: 205 }, (_, n) => `web${n}`)
  const { runId, lease, tell, finish, ended } = await begun(AROUND, ...names)
  await tell(onlyOf(await lease()), RAN)
  for (const left of [64, 64, 64, 13]) {
    const backups = await lease()
    expect(backups).toHaveLength(left)
    await finish(backups)
  }
  await tell(onlyOf(await lease()), RAN)
  expect((await ended(runId)).run).toMatchObject({ state: 'succeeded' })
})

test('where the first program of a large run fails, one call ends no more backups than it has time for', async () => {
  const names = Array.from({ length: 205 }, (_, n) => `web${n}`)
  const { runId, lease, tell, look, ended } = await begun(AROUND, ...names)
  await tell(onlyOf(await lease()), failure('before'))
  for (const line of [
    '0 of 205 backed up, 100 failed, 105 open.',
    '0 of 205 backed up, 200 failed, 5 open.',
    '0 of 205 backed up, 205 failed.',
  ]) {
    expect(await lease()).toStrictEqual([])
    expect((await look(runId)).run.line).toContain(line)
  }
  await tell(onlyOf(await lease()), RAN)
  expect((await ended(runId)).run.state).toBe('failed')
})

test('the last program comes also where another region took over and the counts of a large run are wrong', async () => {
  const names = Array.from({ length: 205 }, (_, n) => `web${n}`)
  const { runId, lease, tell, finish, ended, api } = await begun(AROUND, ...names)
  const { catalog } = api.ports
  await tell(onlyOf(await lease()), RAN)
  const first = await lease()
  await finish(first)
  // Of what had ended, the lost region had sent the jobs and not the counts of some.
  for (const shard of [0, 1])
    await catalog.write([{ kind: 'delete', key: keys.tally(runId, shard), expect: 'any' }])
  await changeRun(catalog, runId, run => ({ ...run, regionEpoch: 1, attempt: 2 }))
  for (const left of [64, 64]) await finish((await lease()).slice(0, left))
  const rest = await lease()
  expect(rest).toHaveLength(13)
  await finish(rest.slice(1))
  expect(await lease(undefined, [rest[0]?.jobId ?? ''])).toStrictEqual([])
  await finish(rest.slice(0, 1))
  await tell(onlyOf(await lease()), RAN)
  await tendRuns(api.ports)()
  expect((await ended(runId)).run.state).toBe('succeeded')
})

test('a task that fails under the last program leaves it where gateways look for it', async () => {
  const { runId, lease, tell, finish, look, ended, api } = await begun()
  await tell(onlyOf(await lease()), RAN)
  await finish(await lease())
  const jobId = (await look(runId)).jobs.at(-1)?.jobId ?? ''
  const error = { Error: 'States.Timeout', Cause: '' }
  await recordJobFailure(api.ports)({ runId, attempt: 1, jobId, error } as never)
  const last = onlyOf(await lease())
  expect(last.jobId).toBe(jobId)
  await tell(last, RAN)
  expect((await ended(runId)).run.state).toBe('succeeded')
})

test('a first program that no gateway comes for is told as what it is', async () => {
  const { runId, ended, api } = await begun()
  api.wait(limits.queuePatienceMs + 60_000)
  await tendRuns(api.ports)()
  await tendRuns(api.ports)()
  const { run, jobs } = await ended(runId)
  expect(run.state).toBe('failed')
  expect(jobs[0]?.line).toMatch(
    /^Nobody worked on the program "stop-batch" before the run for too long/,
  )
})

test('a pool that is not there cannot run programs', async () => {
  const { api } = await begun()
  const policy = {
    ...{ name: 'Other', retention: { daily: 7 }, selection: { include: [{ all: true }] } },
    runHooks: { ...AROUND, pool: 'Graz' },
  }
  const { json } = await api.asPerson('POST', '/v1/policies', policy)
  const { policyId } = json.policy as { policyId: string }
  expect(await api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })).toMatchObject({
    status: 400,
    json: {
      code: 'POLICY_INVALID',
      message:
        'The policy cannot be saved: no gateway reported the pool "Graz", whose gateway is to run its programs.',
    },
  })
})
