import { beforeEach, expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import { finishJob, type Job } from '#core/runs/job.ts'
import { changeJob, dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { planRun } from '#functions/workflow/plan-run.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { backedUp, POOL, poolOf } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'
import { backUpMembers, SITE, sitePointOf } from '#test/support/sealed-site.ts'

const INSTANCE = '01J000000000000000000000PA'
const REPOSITORY = '0123456789abcdef0123456789abcdef'
const SITE_POINT = '01J000000000000000000000ST'

/** Two controllers, which are never held still together, and pool metadata, which waits for nothing. */
const PAIR = {
  name: 'Pair',
  components: [
    { role: 'ddc', target: { vm: 'ddc1' } },
    { role: 'ddc', target: { vm: 'ddc2' } },
    { role: 'dedicated', target: { vms: { names: ['desk*'] } } },
    { role: 'pool-metadata', target: { pool: POOL } },
  ],
}

let api: TestApi

beforeEach(async () => {
  api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01', 'ddc1', 'ddc2', 'desk1', 'desk2')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
})

const good = async (answer: ReturnType<TestApi['asPerson']>): Promise<Record<string, unknown>> => {
  const { status, json } = await answer
  expect(json).toMatchObject(status === 200 ? {} : { code: 'none' })
  return json
}
const person = (method: string, path: string, body?: unknown) =>
  good(api.asPerson(method, path, body))

/** @param holding jobs that the gateway works on already */
const lease = async (
  holding: readonly string[] = [],
): Promise<{ jobId: string; epoch: number; spec: Job['spec'] }[]> => {
  const { json } = await api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 10, pools: [POOL], holding },
  })
  return json.jobs as never
}

const subject = ({ spec }: { spec: Job['spec'] }): string =>
  'vmName' in spec ? `${spec.kind} ${spec.vmName}` : spec.kind

const begin = async (site: unknown): Promise<{ siteId: string; runId: string }> => {
  const { siteId } = await person('POST', '/v1/sites', site)
  const { runId } = await person('POST', '/v1/runs', { kind: 'site', siteId })
  return { siteId: String(siteId), runId: String(runId) }
}

const end = async ({ jobId, epoch, spec }: Awaited<ReturnType<typeof lease>>[number]) =>
  good(
    api.asGateway('POST', `/v1/jobs/${jobId}/result`, {
      epoch,
      outcome: backedUp(jobId, spec),
    }),
  )

test('jobs of a site are given out in its order, and the site point last', async () => {
  const { runId, siteId } = await begin(PAIR)
  const { catalog } = api.ports
  await makeJobs(api.ports, (await readRun(catalog, runId)).value)
  for (const { jobId } of await readJobs(catalog, runId)) await dispatchJob(catalog, jobId)

  const first = await lease()
  expect(first.map(subject).sort()).toStrictEqual([
    'backup-pool-metadata pool one',
    'backup-vm ddc1',
    'backup-vm desk1',
    'backup-vm desk2',
  ])
  expect(first[0]?.spec).toMatchObject({ site: { siteId, runId } })
  const held = first.map(({ jobId }) => jobId)
  expect(await lease(held)).toStrictEqual([])

  const [ddc1] = first.filter(job => subject(job) === 'backup-vm ddc1')
  if (ddc1) await end(ddc1)
  expect((await lease(held)).map(subject)).toStrictEqual(['backup-vm ddc2'])
})

test('what comes before in a site opens the way when it has ended, also where it failed; the point is sealed of what there is', async () => {
  const { runId } = await begin(PAIR)
  const { catalog, clock } = api.ports
  await makeJobs(api.ports, (await readRun(catalog, runId)).value)
  const jobs = await readJobs(catalog, runId)
  for (const { jobId } of jobs) await dispatchJob(catalog, jobId)
  const problem = { code: 'X', message: 'It broke.', advice: 'Mend it.', retryable: false }
  for (const job of jobs) {
    if (job.spec.kind === 'seal-site-point' || subject(job) === 'backup-vm ddc2') continue
    const outcome =
      subject(job) === 'backup-vm ddc1'
        ? { status: 'failed' as const, problem }
        : backedUp(job.jobId, job.spec)
    await changeJob(catalog, job.jobId, found => finishJob(found, outcome, clock.now()))
  }
  const [ddc2, ...others] = await lease()
  expect(others).toStrictEqual([])
  expect(ddc2 && subject(ddc2)).toBe('backup-vm ddc2')
  if (ddc2) await end(ddc2)
  const [seal] = await lease()
  expect(seal && subject(seal)).toBe('seal-site-point Pair')

  const told = await tellSite(seal)
  expect(told.definition).toMatchObject({ name: 'Pair' })
  expect(told.graph.tasks).toHaveLength(5)
  const because = told.outcomes.flatMap(outcome => outcome.because ?? [])
  expect(because).toStrictEqual(['It broke. Mend it.'])
})

const tellSite = async (seal: { jobId: string; epoch: number } | undefined) => {
  const graph: string[] = []
  const outcomes: { taskId: string; because?: string }[] = []
  let definition: unknown
  for (let after: unknown; ; ) {
    const reply = await good(
      api.asGateway('POST', `/v1/jobs/${seal?.jobId}/site`, {
        ...{ epoch: seal?.epoch, ...(after !== undefined && { after }) },
      }),
    )
    definition ??= reply.definition
    if (reply.graph !== undefined) graph.push(String(reply.graph))
    outcomes.push(...((reply.outcomes ?? []) as typeof outcomes))
    after = reply.next
    if (after === undefined)
      return {
        definition,
        outcomes,
        graph: JSON.parse(graph.join('')) as { tasks: unknown[] },
      }
  }
}

test('a run whose site point is partial ends with a warning, and says why', async () => {
  const { runId, siteId } = await begin(SITE)
  const { catalog, clock } = api.ports
  const { sealJobId } = await backUpMembers(api.ports, runId)
  const point = sitePointOf(
    sealJobId,
    { siteId, runId, poolUuid: POOL },
    { state: 'partial', reasons: ['The licence server is silent.'] },
  )
  await changeJob(catalog, sealJobId, job =>
    finishJob(job, { status: 'backed-up', point, notes: [] }, clock.now()),
  )
  await reportRun(api.ports)({ runId, attempt: 1 })
  const { json } = await api.asPerson('GET', `/v1/runs/${runId}`)
  expect(json.run).toMatchObject({
    state: 'warning',
    line: expect.stringContaining('The site point of Vienna'),
  })
})

test('what others wait for is in its queue before the Map has a place for it', async () => {
  const { runId } = await begin(PAIR)
  await planRun(api.ports)({ runId, attempt: 1 })
  const { json } = await api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 10, pools: [POOL], holding: [] },
  })
  expect((json.jobs as { spec: Job['spec'] }[]).map(subject)).toStrictEqual(['backup-vm ddc1'])
})

test('a site of which nothing is there is refused at once, with the reason', async () => {
  const { siteId } = await person('POST', '/v1/sites', {
    ...{ name: 'Gone', components: [{ role: 'sql', target: { vm: 'sql01' } }] },
  })
  const refused = await api.asPerson('POST', '/v1/runs', { kind: 'site', siteId })
  expect(refused).toMatchObject({ status: 409, json: { code: 'SITE_EMPTY' } })
  expect(refused.json.message).toContain('"sql01"')
})

test('points of a site stay while its site point is there, and are not deleted one by one', async () => {
  const { runId, siteId } = await begin(SITE)
  const { points } = await backUpMembers(api.ports, runId)
  const mark = { siteId, runId, poolUuid: POOL }
  await good(
    api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, {
      points: [...points, sitePointOf(SITE_POINT, mark)],
    }),
  )
  const { pointId: memberId } = points.find(({ vmName }) => vmName === 'db01') ?? {}
  const refused = await api.asPerson('DELETE', `/v1/points/${memberId}`, {
    ...{ reason: 'no room', vmName: 'db01', evenLast: true },
  })
  expect(refused).toMatchObject({ status: 409, json: { code: 'POINT_KEPT' } })
  expect(refused.json.message).toContain('It belongs to the site point of "Vienna"')
})

test('the plan of a site point is gone through step by step, and stays where it was', async () => {
  const { runId, siteId } = await begin(SITE)
  const { points } = await backUpMembers(api.ports, runId)
  const mark = { siteId, runId, poolUuid: POOL }
  await good(
    api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, {
      points: [...points, sitePointOf(SITE_POINT, mark)],
    }),
  )
  expect(await person('GET', `/v1/site-points/${SITE_POINT}`)).toMatchObject({
    ...{ state: 'complete', memberCount: 2 },
    members: points.map(({ pointId }) => ({ point: { pointId } })),
  })
  const { restoreId } = await person('POST', '/v1/site-restores', { pointId: SITE_POINT })
  const path = `/v1/site-restores/${restoreId}`
  const shown = async () =>
    (await person('GET', path)) as unknown as {
      restore: { state: string; line: string; steps: Record<string, number> }
      steps: { number: number; kind: string; state: string; waitsFor?: number[]; title: string }[]
    }
  const { steps } = await shown()
  const automatic = steps.find(({ kind }) => kind === 'automatic')
  const waiting = steps.find(({ waitsFor, kind }) => waitsFor && kind === 'automatic')
  expect(automatic && waiting).toBeDefined()

  const step = (number: number | undefined, command: string, more = {}) =>
    api.asPerson('POST', `${path}/steps`, { step: number, command, ...more })
  expect(await step(waiting?.number, 'start')).toMatchObject({
    ...{ status: 409, json: { code: 'SITE_STEP_REFUSED' } },
  })
  expect((await step(automatic?.number, 'skip')).json).toMatchObject({ code: 'SITE_STEP_REFUSED' })

  // All that comes before is done or left out, with reasons; then the first restore begins.
  for (const { number } of steps.slice(0, (automatic?.number ?? 1) - 1))
    expect((await step(number, 'confirm')).status).toBe(200)
  const begun = await step(automatic?.number, 'start', { restore: { poolUuid: POOL } })
  expect(begun.json).toMatchObject({ state: 'running' })
  const again = await step(automatic?.number, 'start')
  expect(again).toMatchObject({ status: 409, json: { code: 'SITE_STEP_REFUSED' } })
  expect((await shown()).steps[(automatic?.number ?? 1) - 1]).toMatchObject({
    ...{ state: 'running', runId: begun.json.runId },
  })

  // The run fails, as its gateway tells; the step follows it, may be opened again, and done by hand with a reason.
  await api.asPerson('POST', `/v1/runs/${begun.json.runId}/cancel`)
  await reportRun(api.ports)({ runId: String(begun.json.runId), attempt: 1 })
  expect((await shown()).restore.line).toContain('failed')
  expect((await step(automatic?.number, 'again')).status).toBe(200)
  const unsaid = await step(automatic?.number, 'confirm')
  expect(unsaid).toMatchObject({ status: 409, json: { code: 'SITE_STEP_REFUSED' } })
  const byHand = await step(automatic?.number, 'confirm', { because: 'from the other cluster' })
  expect(byHand.json).toMatchObject({ state: 'done' })

  // As long as the restore is open its site point is not deleted.
  const kept = await api.asPerson('DELETE', `/v1/points/${SITE_POINT}`, {
    ...{ reason: 'no room', vmName: 'Vienna', evenLast: true },
  })
  expect(kept).toMatchObject({ status: 409, json: { code: 'POINT_KEPT' } })
  await person('POST', `${path}/end`, { because: 'an exercise' })
  expect((await step(automatic?.number, 'again')).json).toMatchObject({ code: 'SITE_STEP_REFUSED' })
  expect((await shown()).restore).toMatchObject({ state: 'ended' })
  const gone = await api.asPerson('DELETE', `/v1/points/${SITE_POINT}`, {
    ...{ reason: 'no room', vmName: 'Vienna', evenLast: true },
  })
  // Nobody is there who could delete it; nothing of the restore stands against it any more.
  expect(gone.json).toMatchObject({ code: 'NO_MAINTENANCE_GATEWAY' })
})
