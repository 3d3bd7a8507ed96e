import { expect, test } from 'vitest'
import { systemRandom } from '#adapters/system/random.ts'
import type { Job } from '#core/runs/job.ts'
import { dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { makeJobs } from '#functions/runs/make-jobs.ts'
import { type TestApi, testApi } from '#test/support/call-api.ts'
import { makeKeyPair, POOL, poolOf, signToken, vmUuid } from '#test/support/fake-gateway.ts'
import { inertWorkflow } from '#test/support/good-calls.ts'

const GUEST = '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55'
const INSTANCE = '01J000000000000000000000PA'
const SITE = {
  name: 'Vienna',
  components: [
    { role: 'sql', target: { guest: 'db01' }, recipe: 'postgresql' },
    { role: 'ddc', target: { vm: 'web01' } },
  ],
}

/** A pool with two VMs, in one of which an agent calls. @param recipes what it told of them */
const withGuest = async (recipes: unknown[]) => {
  const api = await testApi({ workflow: inertWorkflow, random: systemRandom })
  const { gatewayId } = api.gateway
  const pools = [poolOf('web01', 'db01')]
  await api.asGateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  const made = { for: { guest: { vmUuid: vmUuid(2) } } }
  const { code } = (await api.asPerson('POST', '/v1/enrolment-codes', made)).json
  const { publicKey, privateKey } = await makeKeyPair()
  const guest = { guestUuid: GUEST, os: 'linux', osName: 'Debian 12', machine: 'db01' }
  const body = { code, name: 'db01', publicKey, guest }
  const id = String((await api.call('POST', '/v1/enrolments', { body })).json.gatewayId)
  const asAgent: TestApi['asGateway'] = async (method, path, given) => {
    const now = api.ports.clock.now()
    const token = await signToken({ gatewayId: id, privateKey }, method, path, {}, now)
    return api.call(method, path, { authorization: `Bearer ${token}`, body: given })
  }
  const lease = async (agent: boolean) => {
    const whose = agent ? { pools: [], guest: GUEST } : { pools: [POOL] }
    const path = `/v1/gateways/${agent ? id : gatewayId}/lease`
    const request = { instance: INSTANCE, freeSlots: 4, holding: [], ...whose }
    const { json } = await (agent ? asAgent : api.asGateway)('POST', path, request)
    return json.jobs as { jobId: string; epoch: number; spec: Job['spec'] }[]
  }
  await lease(true)
  await asAgent('PUT', `/v1/gateways/${id}/guest-facts`, { guest: GUEST, recipes })
  return { api, asAgent, lease }
}

const POSTGRESQL = { recipe: 'postgresql', phases: ['probe', 'capture', 'restore'], facts: {} }

test('a component of a guest is a job of its agent, and machines wait for it', async () => {
  const { api, asAgent, lease } = await withGuest([POSTGRESQL])
  const { siteId } = (await api.asPerson('POST', '/v1/sites', SITE)).json
  const { runId } = (await api.asPerson('POST', '/v1/runs', { kind: 'site', siteId })).json
  const { catalog } = api.ports
  await makeJobs(api.ports, (await readRun(catalog, String(runId))).value)
  for (const { jobId } of await readJobs(catalog, String(runId))) await dispatchJob(catalog, jobId)

  expect(await lease(false)).toStrictEqual([])
  const [job, ...others] = await lease(true)
  expect(others).toStrictEqual([])
  expect(job?.spec).toMatchObject({
    ...{ kind: 'capture-component', guestUuid: GUEST, recipe: 'postgresql' },
    site: { siteId, runId },
  })
  const failed = {
    status: 'failed',
    problem: { code: 'X', message: 'No room.', advice: 'Make some.', retryable: false },
  }
  const told = await asAgent('POST', `/v1/jobs/${job?.jobId}/result`, {
    ...{ epoch: job?.epoch, outcome: failed },
  })
  expect(told.status).toBe(200)
  expect((await lease(false)).map(({ spec }) => spec)).toMatchObject([
    { kind: 'backup-vm', vmName: 'web01' },
  ])
})

test('a guest that does not allow the recipe, or is silent, is a gap with its reason', async () => {
  const { api } = await withGuest([])
  const previewed = async () =>
    (await api.asPerson('POST', '/v1/sites/preview', { site: SITE })).json as {
      skips: { code: string; gap: boolean }[]
      problems: { level: string; text: string }[]
    }
  const refused = await previewed()
  expect(refused.skips).toMatchObject([{ gap: true, code: 'not-allowed' }])
  expect(refused.problems.filter(({ level }) => level === 'error')).toHaveLength(1)
  api.wait(20 * 60_000)
  expect((await previewed()).skips[0]?.gap).toBe(true)
})

test('a site is proposed of what a Delivery Controller says, and nothing is saved', async () => {
  const facts = {
    siteName: 'Vienna',
    controllers: ['web01.example.org'],
    siteDatabase: 'Server=db01;Initial Catalog=CitrixSite;Integrated Security=True',
    licenceServer: 'db01.example.org',
    machines: [
      `${vmUuid(1)}|MCS|Random|Discard|DOMAIN\\VDI-1|Pooled | W11`,
      `${vmUuid(2)}|MCS|Static|OnLocal|DOMAIN\\DED-1`,
      'nonsense',
    ],
    catalogs: ['Pooled | W11\tXDHyp:\\HostingUnits\\Lab\\web01.vm\\a.snapshot\tW11 desktops', '\t'],
  }
  const { api } = await withGuest([{ recipe: 'cvad-site', phases: ['capture'], facts }])
  const { json } = await api.asPerson('POST', '/v1/sites/discover')
  expect(json).toMatchObject({ site: { name: 'Vienna' } })
  const { components } = json.site as { components: { role: string; target: object }[] }
  expect(components.map(({ role }) => role)).toEqual(expect.arrayContaining(['sql', 'license']))
  // By the name of the catalog; an older recipe did not tell it.
  expect(components).toContainEqual(
    expect.objectContaining({ role: 'pooled', target: { vms: { catalogs: ['Pooled | W11'] } } }),
  )
  expect(components).toContainEqual(
    expect.objectContaining({
      role: 'dedicated',
      target: { vms: { catalogs: ['catalogs of the kind MCS, Static, OnLocal'] } },
    }),
  )
  expect(components).toContainEqual(
    expect.objectContaining({ role: 'master-image', target: { vm: 'web01' } }),
  )
  expect(json.lines).toHaveLength(components.length)
  expect((await api.asPerson('GET', '/v1/sites')).json).toStrictEqual({ items: [] })
})
