import { beforeEach, expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { SiteDocument } from '#core/contracts/site-plan-recall.ts'
import { forgetPoint } from '#core/points/forget.ts'
import { dispatchJob, readBriefs, readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { sealed } from '#core/sites/sealed.ts'
import { readSitePlan } from '#core/sites/site-plan.ts'
import { taskOutcome } from '#core/sites/task-outcome.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { POOL, poolOf } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'
import { backUpMembers, SITE, sitePointOf } from '#test/support/sealed-site.ts'

/*
 * Motivation: the bucket alone brings a site back. A catalog that was lost and filled again has the points and not what their run knew; only a gateway can read that.
 * Steps: a site point whose run, site and plan are taken out of the catalog; a gateway reads its document and tells it, in pieces; documents that do not fit.
 * Passes when plan and restore are as before, nothing that does not fit is taken over, and nothing of it stays when the point goes.
 */

const INSTANCE = '01J000000000000000000000PA'
const REPOSITORY = '0123456789abcdef0123456789abcdef'
const SITE_POINT = '01J000000000000000000000ST'
const ROOT = 'the root hash of site.json'

let api: TestApi
let document: SiteDocument

const person = async (method: string, path: string, body?: unknown) => {
  const { status, json } = await api.asPerson(method, path, body)
  expect(json).toMatchObject(status === 200 ? {} : { code: 'none' })
  return json
}

const gatewayTells = async (points: PointSummary[]) => {
  const { gatewayId } = api.gateway
  await person('PUT', `/v1/gateways/${gatewayId}`, { maintenance: true })
  const pools = [poolOf('web01', 'db01')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  if (points.length > 0)
    await api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, { points })
}

/** A site point whose catalog was lost: another one has points and members, and neither the run nor the site. */
beforeEach(async () => {
  api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  await gatewayTells([])
  const { catalog } = api.ports
  const { siteId } = await person('POST', '/v1/sites', SITE)
  const { runId } = await person('POST', '/v1/runs', { kind: 'site', siteId })
  const mark = { siteId: String(siteId), runId: String(runId), poolUuid: POOL }
  const { points } = await backUpMembers(api.ports, mark.runId)
  const { site: ref } = (await readRun(catalog, mark.runId)).value
  const site = ref && (await readSitePlan(catalog, mark.runId, ref))
  const outcomes = (await readBriefs(catalog, mark.runId)).flatMap(job => taskOutcome(job) ?? [])
  const made = site && sealed({ ...site, ...mark, outcomes, pointId: SITE_POINT })
  document = JSON.parse(made?.documents.site ?? '')
  const point: PointSummary = {
    ...sitePointOf(SITE_POINT, mark),
    contents: [{ name: 'site.json', size: 1, rootHash: ROOT }],
  }
  api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  await gatewayTells([...points, point])
})

const recall = async (): Promise<{ jobId: string; epoch: number }> => {
  const { runId } = await person('POST', '/v1/runs', { kind: 'site-plan', pointId: SITE_POINT })
  const [job] = await readJobs(api.ports.catalog, String(runId))
  await dispatchJob(api.ports.catalog, job?.jobId ?? '')
  const { json } = await api.asGateway('POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 10, pools: [POOL], holding: [] },
  })
  const [leased] = json.jobs as { jobId: string; epoch: number; spec: unknown }[]
  expect(leased?.spec).toMatchObject({ kind: 'read-site-plan', pointId: SITE_POINT })
  return { jobId: leased?.jobId ?? '', epoch: leased?.epoch ?? 0 }
}

const tell = async (
  { jobId, epoch }: { jobId: string; epoch: number },
  told: unknown,
  { rootHash = ROOT, pages = 2 } = {},
) => {
  const text = JSON.stringify(told)
  const half = Math.ceil(text.length / pages)
  let last: Awaited<ReturnType<TestApi['asGateway']>> | undefined
  for (let page = 1; page <= pages; page++) {
    const piece = text.slice((page - 1) * half, page * half)
    const body = { epoch, page, pages, text: piece, rootHash }
    last = await api.asGateway('POST', `/v1/jobs/${jobId}/site-plan`, body)
  }
  return last
}

test('what a gateway read of a site point is its plan again, and the site is defined again', async () => {
  const refused = await api.asPerson('POST', '/v1/site-restores', { pointId: SITE_POINT })
  expect(refused).toMatchObject({ status: 409, json: { code: 'SITE_PLAN_ELSEWHERE' } })
  expect(refused.json.advice).toContain(`xenkeep site recall ${SITE_POINT}`)

  const job = await recall()
  expect(await tell(job, document)).toMatchObject({
    ...{ status: 200, json: { missing: 0, site: 'defined' } },
  })
  expect(await person('GET', `/v1/site-points/${SITE_POINT}`)).toMatchObject({
    ...{ state: 'complete', memberCount: 2 },
  })
  const { restoreId } = await person('POST', '/v1/site-restores', { pointId: SITE_POINT })
  const { steps } = await person('GET', `/v1/site-restores/${restoreId}`)
  expect((steps as { kind: string }[]).some(({ kind }) => kind === 'automatic')).toBe(true)
  expect(await person('GET', `/v1/sites/${document.siteId}`)).toMatchObject({
    ...{ site: { name: 'Vienna' }, changedBy: expect.stringContaining('from a site point') },
    newest: { pointId: SITE_POINT },
  })
  // A second time changes nothing: the site that is there stays as it is.
  expect((await tell(job, document))?.json).toStrictEqual({ missing: 0 })

  await forgetPoint(api.ports.catalog, SITE_POINT)
  const left = await api.ports.catalog.query(keys.toldPlanRef(SITE_POINT).pk)
  expect(left.items).toStrictEqual([])
})

test('the site stays unknown where another one bears its name, or somebody deleted it', async () => {
  await person('POST', '/v1/sites', SITE)
  expect((await tell(await recall(), document))?.json).toMatchObject({ site: 'name-taken' })
})

test('a member whose recovery point is gone is counted', async () => {
  const member = document.record.members.find(({ point }) => point)?.point?.pointId ?? ''
  await forgetPoint(api.ports.catalog, member)
  expect((await tell(await recall(), document))?.json).toMatchObject({ missing: 1 })
})

const withMembers = (count: number): SiteDocument => ({
  ...document,
  record: { ...document.record, members: document.record.members.slice(0, count) },
})

const UNFIT: [name: string, told: () => unknown, options?: { rootHash?: string }][] = [
  ['of another document', () => document, { rootHash: 'another' }],
  ['of another point', () => ({ ...document, pointId: INSTANCE })],
  ['of another run', () => ({ ...document, runId: INSTANCE })],
  ['of fewer members', () => withMembers(1)],
  ['of another state', () => ({ ...document, record: { ...document.record, state: 'partial' } })],
  ['of members without a task', () => ({ ...document, graph: { ...document.graph, tasks: [] } })],
  ['of a later version', () => ({ ...document, version: 2 })],
]

test.each(UNFIT)(
  'what is told %s is refused, and nothing of it counts',
  async (_, told, options) => {
    expect(await tell(await recall(), told(), options)).toMatchObject({
      ...{ status: 422, json: { code: 'SITE_PLAN_UNFIT' } },
    })
    const refused = await api.asPerson('GET', `/v1/site-points/${SITE_POINT}/plan`)
    expect(refused.json).toMatchObject({ code: 'SITE_PLAN_ELSEWHERE' })
  },
)

test('a piece that did not arrive is noticed, and a job that somebody else holds tells nothing', async () => {
  const job = await recall()
  const body = { epoch: job.epoch, page: 3, pages: 3, text: 'x', rootHash: ROOT }
  const gap = await api.asGateway('POST', `/v1/jobs/${job.jobId}/site-plan`, body)
  expect(gap).toMatchObject({ status: 422, json: { code: 'SITE_PLAN_UNFIT' } })
  const late = await tell({ ...job, epoch: job.epoch + 1 }, document)
  expect(late).toMatchObject({ json: { code: 'EPOCH_OUTDATED' } })
})

test('no other point has such a plan', async () => {
  const { catalog } = api.ports
  const [other] = (await catalog.query<PointSummary>(keys.point('').pk)).items.filter(
    ({ value }) => !value.site,
  )
  const refused = await api.asPerson('POST', '/v1/runs', {
    ...{ kind: 'site-plan', pointId: other?.value.pointId },
  })
  expect(refused.json).toMatchObject({ code: 'NOT_A_SITE_POINT' })
})
