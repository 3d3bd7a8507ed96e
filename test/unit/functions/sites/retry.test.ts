import { beforeEach, expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import { keptForSite, siteRuns } from '#core/maintenance/kept-for-site.ts'
import { forgetPoint } from '#core/points/forget.ts'
import { readPoint, readProtectedVms } from '#core/points/points-catalog.ts'
import { finishJob, type Job } from '#core/runs/job.ts'
import { changeJob, dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, pointOf, poolOf } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'
import { sitePointOf } from '#test/support/sealed-site.ts'

/*
 * Motivation: whoever retries a site's run wants the site point that the run did not come to, not single members beside a partial one.
 * Steps: one member of a site fails; the run is retried, at once and a day later; a run whose site point alone could not be written.
 * Passes when the retry saves what failed in its order and seals a point of all members, which keeps those of both runs; and says so where it seals none.
 */

const INSTANCE = '01J000000000000000000000PA'
const REPOSITORY = '0123456789abcdef0123456789abcdef'
const HOUR = 60 * 60_000
const PROBLEM = { code: 'X', message: 'It broke.', advice: 'Mend it.', retryable: false }

const PAIR = {
  name: 'Pair',
  components: [
    { role: 'ddc', target: { vm: 'ddc1' } },
    { role: 'ddc', target: { vm: 'ddc2' } },
    { role: 'dedicated', target: { vms: { names: ['desk*'] } } },
  ],
}

let api: TestApi
let siteId: string

beforeEach(async () => {
  api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  const { gatewayId } = api.gateway
  const pools = [poolOf('ddc1', 'ddc2', 'desk1')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  siteId = String((await person('POST', '/v1/sites', PAIR)).siteId)
})

const person = async (method: string, path: string, body?: unknown) => {
  const { status, json } = await api.asPerson(method, path, body)
  expect(json).toMatchObject(status === 200 ? {} : { code: 'none' })
  return json
}

const nameOf = ({ spec }: Job): string => ('vmName' in spec ? spec.vmName : spec.kind)

/** Plays the part of machines and gateways: members end as told, the site point is sealed, or fails. */
const end = async (runId: string, failing: readonly string[]): Promise<Job[]> => {
  const { catalog, clock } = api.ports
  await makeJobs(api.ports, (await readRun(catalog, runId)).value)
  const jobs = await readJobs(catalog, runId)
  for (const job of jobs) {
    const { jobId, spec } = job
    const isSeal = spec.kind === 'seal-site-point'
    const mark = { siteId, runId, poolUuid: POOL }
    const made = isSeal
      ? sitePointOf(jobId, mark, { members: 3 })
      : { ...pointOf(jobId, spec), siteMember: { siteId, runId } }
    const point = { ...made, taken: clock.now() }
    const isBad = failing.includes(isSeal ? 'the seal' : nameOf(job))
    const outcome = isBad
      ? { status: 'failed' as const, problem: PROBLEM }
      : { status: 'backed-up' as const, point, notes: [] }
    await changeJob(catalog, jobId, found => finishJob(found, outcome, clock.now()))
    if (!isBad)
      await api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, { points: [point] })
  }
  await reportRun(api.ports)({ runId, attempt: 1 })
  return jobs
}

const begin = async (): Promise<string> =>
  String((await person('POST', '/v1/runs', { kind: 'site', siteId })).runId)

const retry = async (runId: string): Promise<{ runId: string; jobs: Job[] }> => {
  const again = String((await person('POST', `/v1/runs/${runId}/retry`)).runId)
  const { catalog } = api.ports
  await makeJobs(api.ports, (await readRun(catalog, again)).value)
  return { runId: again, jobs: await readJobs(catalog, again) }
}

interface Told {
  point?: { pointId: string }
  because?: string
}

/** What the gateway hears that seals the point of a run. */
const toldOf = async (jobs: readonly Job[]) => {
  const { catalog } = api.ports
  const members = jobs.filter(({ spec }) => spec.kind !== 'seal-site-point')
  for (const { jobId, spec } of members)
    await changeJob(catalog, jobId, job =>
      finishJob(job, { status: 'backed-up', point: pointOf(jobId, spec), notes: [] }, 1),
    )
  const seal = jobs.find(({ spec }) => spec.kind === 'seal-site-point')
  await dispatchJob(catalog, seal?.jobId ?? '')
  const { json } = await api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 10, pools: [POOL], holding: [] },
  })
  const [leased] = json.jobs as { jobId: string; epoch: number }[]
  const outcomes = new Map<string, Told>()
  let alsoRuns: unknown
  for (let after: unknown; ; ) {
    const body = { epoch: leased?.epoch, ...(after !== undefined && { after }) }
    const reply = (await api.asGateway('POST', `/v1/jobs/${leased?.jobId}/site`, body)).json
    alsoRuns ??= reply.alsoRuns
    for (const outcome of (reply.outcomes ?? []) as (Told & { taskId: string })[])
      outcomes.set(outcome.taskId, outcome)
    after = reply.next
    if (after === undefined) return { alsoRuns, outcomes: [...outcomes.values()] }
  }
}

test('a retry of a site saves what failed and seals a site point of all members', async () => {
  const first = await begin()
  const before = await end(first, ['ddc2'])
  const { runId, jobs } = await retry(first)
  expect(jobs.map(nameOf)).toStrictEqual(['ddc2', 'Pair'])
  expect(jobs[0]?.spec).toMatchObject({ site: { siteId, runId } })

  const { alsoRuns, outcomes } = await toldOf(jobs)
  expect(alsoRuns).toStrictEqual([first])
  const saved = before.filter(({ spec }) => spec.kind === 'backup-vm' && spec.vmName !== 'ddc2')
  expect(outcomes.flatMap(({ point }) => point?.pointId ?? []).sort()).toStrictEqual(
    [...saved, ...jobs.slice(0, 1)].map(({ jobId }) => jobId).sort(),
  )
})

test('two that failed are saved again in the order of the site', async () => {
  const first = await begin()
  await end(first, ['ddc1', 'ddc2', 'desk1'])
  const { jobs } = await retry(first)
  const [ddc1, ddc2] = ['ddc1', 'ddc2'].map(name => jobs.find(job => nameOf(job) === name))
  expect(ddc2?.startsAfter).toStrictEqual([ddc1?.jobId])
})

test('members of a run before stay as long as a site point of its retry names them', async () => {
  const { catalog } = api.ports
  const first = await begin()
  const before = await end(first, ['ddc2'])
  const { runId, jobs } = await retry(first)
  const seal = jobs.find(({ spec }) => spec.kind === 'seal-site-point')?.jobId ?? ''
  const mark = { siteId, runId, poolUuid: POOL }
  const points = [sitePointOf(seal, mark, { alsoRuns: [first] })]
  await api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, { points })
  const partial = before.find(({ spec }) => spec.kind === 'seal-site-point')?.jobId ?? ''
  await forgetPoint(catalog, partial)
  const member = before.find(job => nameOf(job) === 'ddc1')?.jobId ?? ''
  const kept = keptForSite(
    [await readPoint(catalog, member)],
    await siteRuns(catalog, await readProtectedVms(catalog)),
  )
  expect(kept.get(member)).toContain('It belongs to the site point of "Vienna"')
})

test('a member that was deleted meanwhile is told as missing', async () => {
  const first = await begin()
  const before = await end(first, ['ddc2'])
  const { jobs } = await retry(first)
  await forgetPoint(api.ports.catalog, before.find(job => nameOf(job) === 'ddc1')?.jobId ?? '')
  const { outcomes } = await toldOf(jobs)
  expect(outcomes.flatMap(({ because }) => because ?? [])).toStrictEqual([
    'Its recovery point was deleted since.',
  ])
})

test('a day later no site point comes of a retry, and it says so', async () => {
  const first = await begin()
  await end(first, ['ddc2'])
  api.wait(25 * HOUR)
  const { runId, jobs } = await retry(first)
  expect(jobs.map(nameOf)).toStrictEqual(['ddc2'])
  await end(runId, [])
  const { json } = await api.asPerson('GET', `/v1/runs/${runId}`)
  expect(json.run).toMatchObject({
    line: expect.stringContaining(
      'No site point comes of it, because the oldest of its other members is of 25 hours ago: the next run of the site makes one.',
    ),
  })
})

test('where the site point alone could not be written, it is written by a retry', async () => {
  const first = await begin()
  await end(first, ['the seal'])
  const { jobs, runId } = await retry(first)
  expect(jobs.map(({ spec }) => spec.kind)).toStrictEqual(['seal-site-point'])
  expect((await toldOf(jobs)).outcomes).toHaveLength(3)
  await end(runId, [])
  const { json } = await api.asPerson('GET', `/v1/runs/${runId}`)
  expect(json.run).toMatchObject({ state: 'succeeded' })
})
