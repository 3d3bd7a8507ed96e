import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { componentUuid } from '#core/points/component-uuid.ts'
import type { ProtectedVm } from '#core/points/points-catalog.ts'
import type { Catalog, CatalogWrite, Workflow } from '#core/ports.ts'
import { dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import type { Ports } from '#functions/ports.ts'
import { ANSWER_KEY, SEAL } from './answer-key.ts'
import { NOON, type TestApi, testApi } from './call-api.ts'
import {
  announceKey,
  backedUp,
  type FakeIdentity,
  makeKeyPair,
  POOL,
  pointOf,
  poolOf,
  progress,
  signToken,
  vmUuid,
} from './fake-gateway.ts'
import { backUpMembers, SITE, sitePointOf } from './sealed-site.ts'

/*
 * A site where every route of the API has something to do, and a good call for each. What is done is written down, so that a site can be had anew for each call
 * without being made anew.
 */

/** A state machine that takes everything and does nothing. */
export const inertWorkflow: Workflow = {
  start: async () => 'running',
  stop: async () => {},
  succeedTask: async () => true,
  failTask: async () => true,
  heartbeatTask: async () => true,
}

const recording = (catalog: Catalog) => {
  const written: (readonly CatalogWrite[])[] = []
  const recorded: Catalog = {
    get: key => catalog.get(key),
    query: (pk, options) => catalog.query(pk, options),
    async write(writes) {
      await catalog.write(writes)
      written.push(structuredClone(writes))
    },
  }
  return { recorded, written }
}

const POINT = '01J000000000000000000000PT'
const OLD_POINT = '01J0000000000000000000001D'
const SPARE_POINT = '01J0000000000000000000002D'
const HELD_POINT = '01J0000000000000000000003D'
export const SITE_POINT = '01J000000000000000000000ST'
const REPOSITORY = '0123456789abcdef0123456789abcdef'
const INSTANCE = '01J000000000000000000000PA'
const SR = { uuid: vmUuid(77), name: 'fast', type: 'ext', size: 1, used: 0, isDefault: true }

const POLICY = {
  ...{ name: 'Nightly', selection: { include: [{ all: true }] }, retention: { daily: 7 } },
}
const CHANNEL = {
  name: 'mails',
  to: { kind: 'mail', to: ['a@example.org'], from: 'b@example.org' },
}

const GUEST = {
  ...{ guestUuid: '2c0f3a6e-53b5-4c86-9d52-1b1f3f0a9c55', os: 'linux' as const },
  ...{ osName: 'Debian 12', machine: 'db01' },
}
/** The newest point of its component. */
export const COMPONENT_POINT = '01J0000000000000000000004D'
const GUEST_FACTS = {
  guest: GUEST.guestUuid,
  recipes: [{ recipe: 'postgresql', version: 1, phases: ['capture'], facts: {} }],
}

const DOWNLOAD = { what: 'download', volume: '0p1', path: '/etc/hosts' }

/** As if it had been judged so when it came. */
const makeUnusual = async (catalog: Catalog, pointId: string): Promise<void> => {
  const signs = ['more-changed' as const, 'less-compressible' as const]
  const unusual = { signs, suspicious: true, text: 'Unusual for this VM.' }
  const point = (await catalog.get<PointSummary>(keys.point(pointId)))?.value
  if (!point) throw new Error('The point is not there.')
  const { vmUuid: uuid, taken } = point
  const mark = (await catalog.get<ProtectedVm>(keys.protectedVm(uuid)))?.value
  const value = { ...point, unusual }
  await catalog.write([
    { kind: 'put', key: keys.point(pointId), value, expect: 'any' },
    { kind: 'put', key: keys.vmPoint(uuid, pointId), value, expect: 'any' },
    {
      ...{ kind: 'put', key: keys.protectedVm(uuid), expect: 'any' },
      value: { ...mark, unusual: { ...unusual, pointId, taken } },
    },
  ])
}

type Ids = Record<
  | 'gatewayId'
  | 'runId'
  | 'waitingId'
  | 'endedId'
  | 'jobId'
  | 'removalId'
  | 'lockingId'
  | 'lookId'
  | 'lookJobId'
  | 'questionId'
  | 'policyId'
  | 'channelId'
  | 'tokenId'
  | 'replicaId'
  | 'eventId'
  | 'code'
  | 'guestGatewayId'
  | 'announcement'
  | 'siteId'
  | 'sealId'
  | 'restoreId'
  | 'siteStep'
  | 'recallId',
  string
>

/** What a good call of a route gives. Path parameters are those of its ids. */
interface Given {
  params?: Partial<Record<string, string>>
  query?: string
  body?: unknown
  /** Who asks, where an administrator would not do. */
  as?: string
  /** The agent in a guest calls, where a gateway may not. */
  by?: 'guest'
  /** What it is answered where that is a refusal, since a site has but one region. */
  refusal?: string
}

const CALLS: Record<RouteName, (ids: Ids) => Given> = {
  enrol: ({ code }) => ({ body: { code, name: 'site B', publicKey: 'A'.repeat(43) } }),
  lease: () => ({ body: { instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] } }),
  credentials: ({ jobId }) => ({ body: { jobId, epoch: 1 } }),
  openJobs: ({ jobId }) => ({ body: { jobIds: [jobId] } }),
  listGateways: () => ({}),
  getGateway: () => ({}),
  revokeGateway: () => ({}),
  renameGateway: () => ({ body: { name: 'site C' } }),
  changeKey: ({ announcement }) => ({ body: { announcement } }),
  askNewKey: () => ({}),
  setGateway: () => ({ body: { maintenance: false } }),
  createEnrolmentCode: () => ({ body: { for: { guest: { vmUuid: vmUuid(2) } } } }),
  listGuests: () => ({}),
  getRecipes: () => ({}),
  getGuest: () => ({ params: { guestUuid: GUEST.guestUuid } }),
  tellDrill: () => ({
    params: { guestUuid: GUEST.guestUuid },
    body: { recipe: 'sql-server', note: 'restored to SQL9, DBCC CHECKDB clean' },
  }),
  putGuestFacts: ({ guestGatewayId }) => ({
    params: { gatewayId: guestGatewayId },
    body: GUEST_FACTS,
    by: 'guest',
  }),
  knownGuests: () => ({}),
  heartbeat: () => ({ body: { epoch: 1, progress } }),
  confirmRemoval: ({ removalId }) => ({
    params: { jobId: removalId },
    body: { epoch: 1, pointId: OLD_POINT },
  }),
  confirmHeld: ({ lockingId }) => ({
    params: { jobId: lockingId },
    body: { epoch: 1, pointId: HELD_POINT },
  }),
  result: ({ jobId }) => ({
    body: {
      epoch: 1,
      outcome: backedUp(jobId, { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }),
    },
  }),
  missingPoints: () => ({ body: { pointIds: [POINT] } }),
  knownPoints: () => ({ body: {} }),
  gonePoints: () => ({ body: { deleted: [], vanished: [POINT], found: [] } }),
  putPoints: () => ({
    body: {
      points: ['01J000000000000000000000PV', '01J000000000000000000000PW'].map(pointId =>
        pointOf(pointId, { vmUuid: vmUuid(2), vmName: 'db01', poolUuid: POOL }),
      ),
    },
  }),
  putReplicated: () => ({
    body: {
      ...{ place: 'eu-west-1', address: 's3://copy/one', at: NOON },
      pages: [{ slot: POINT.slice(0, 5), number: 0, restorable: [POINT], lacking: [] }],
      total: { points: 1, restorable: 1 },
    },
  }),
  deletePoint: () => ({
    params: { pointId: SPARE_POINT },
    body: { reason: 'no more room', vmName: 'web01', evenLast: true },
  }),
  acknowledgeChange: () => ({ params: { pointId: HELD_POINT }, body: { because: 'an update' } }),
  listPoints: () => ({ query: 'vm=web01' }),
  listBootChecks: () => ({ query: 'proof=never' }),
  putInventory: () => ({
    body: { pools: [{ ...poolOf('web01', 'db01', 'new01'), srs: [SR] }] },
  }),
  listPools: () => ({}),
  listVms: () => ({ query: 'search=WEB&sort=newest&facets=true' }),
  getVm: () => ({ params: { vmUuid: vmUuid(1) } }),
  createChannel: () => ({ body: { ...CHANNEL, name: 'more mails' } }),
  listChannels: () => ({}),
  getChannel: () => ({}),
  putChannel: () => ({ body: { ...CHANNEL, maxPerHour: 3 } }),
  deleteChannel: () => ({}),
  testChannel: () => ({}),
  listNotifications: () => ({}),
  getNotification: () => ({}),
  getNotificationSettings: () => ({}),
  putNotificationSettings: () => ({ body: { timeZone: 'Europe/Berlin' } }),
  gatewayMessages: () => ({ body: { done: [] } }),
  listPolicies: () => ({}),
  getPolicy: () => ({}),
  getKeptPoints: () => ({ query: 'vm=web01' }),
  listOccasions: () => ({}),
  createPolicy: () => ({ body: { ...POLICY, name: 'Weekly' } }),
  putPolicy: () => ({ body: { version: 1, policy: { ...POLICY, name: 'Every night' } } }),
  deletePolicy: () => ({ query: 'version=1' }),
  previewPolicy: () => ({ body: { policy: POLICY } }),
  listSites: () => ({}),
  getSite: () => ({}),
  createSite: () => ({ body: { ...SITE, name: 'Graz' } }),
  putSite: () => ({ body: { version: 1, site: { ...SITE, description: 'two servers' } } }),
  deleteSite: () => ({ query: 'version=1' }),
  discoverSite: () => ({}),
  previewSite: () => ({ body: { site: SITE } }),
  getSitePoint: () => ({ params: { pointId: SITE_POINT } }),
  getSitePlan: () => ({ params: { pointId: SITE_POINT } }),
  startSiteRestore: () => ({ body: { pointId: SITE_POINT } }),
  listSiteRestores: () => ({}),
  getSiteRestore: () => ({}),
  stepSiteRestore: ({ siteStep }) => ({ body: { step: Number(siteStep), command: 'start' } }),
  endSiteRestore: () => ({ body: { because: 'it was a test' } }),
  tellSitePlan: ({ recallId }) => ({
    params: { jobId: recallId },
    body: { epoch: 1, page: 1, pages: 2, text: '{', rootHash: 'r' },
  }),
  siteOfJob: ({ sealId }) => ({ params: { jobId: sealId }, body: { epoch: 1 } }),
  getRegion: () => ({}),
  takeOverRegion: () => ({ body: { confirm: 'here' }, refusal: 'REGION_ALONE' }),
  putReplica: () => ({ body: { vm: 'db01', pool: POOL } }),
  previewReplica: () => ({ body: { vm: 'db01', pool: POOL } }),
  listReplicas: () => ({}),
  getReplica: () => ({}),
  commandReplica: () => ({ body: { command: 'round' } }),
  getRepository: () => ({}),
  putMaintenanceSchedule: () => ({ body: { enabled: true, at: '03:00', timeZone: 'UTC' } }),
  listHolds: () => ({}),
  placeHold: () => ({ body: { on: { pointId: POINT }, reason: 'court file' } }),
  releaseHold: () => ({ body: { on: { vmUuid: vmUuid(2) }, reason: 'case closed' } }),
  createToken: () => ({ body: { name: 'tickets', role: 'viewer' } }),
  getOverview: () => ({}),
  getStatistics: () => ({ query: 'days=7' }),
  getCaller: () => ({}),
  listTokens: () => ({}),
  revokeToken: () => ({}),
  listAudit: () => ({}),
  getOpenapi: () => ({}),
  startRun: () => ({ body: { kind: 'backup', vms: ['web01', 'db01'] } }),
  listRuns: () => ({}),
  getRun: () => ({}),
  approveRun: ({ waitingId }) => ({ params: { runId: waitingId } }),
  declineRun: ({ waitingId }) => ({ params: { runId: waitingId }, body: { because: 'no' } }),
  redriveRun: () => ({}),
  cancelRun: () => ({}),
  retryRun: ({ endedId }) => ({ params: { runId: endedId } }),
  askFiles: ({ lookId }) => ({ params: { runId: lookId }, body: DOWNLOAD }),
  getAnswer: ({ lookId }) => ({ params: { runId: lookId } }),
  withdrawQuestion: ({ lookId }) => ({ params: { runId: lookId } }),
  nextQuestion: ({ lookJobId }) => ({ params: { jobId: lookJobId }, body: { epoch: 1 } }),
  answerQuestion: ({ lookJobId, questionId }) => ({
    params: { jobId: lookJobId },
    body: { epoch: 1, questionId, seal: SEAL, part: { number: 1, bytes: 100 } },
  }),
}

export interface GoodCall extends Given {
  name: RouteName
  route: Route
  method: string
  path: string
}

export type Answer = Awaited<ReturnType<TestApi['call']>>

export interface CopiedSite {
  catalog: Catalog
  /** Of its catalog: all that anything was ever written to. */
  partitions: () => Set<string>
  /** The handlers on it; on other ports where they are given. */
  api: (given?: Partial<Ports>) => Promise<TestApi>
}

/** A site in which all of these calls are good. */
export const busySite = async () => {
  const { recorded, written } = recording(memoryCatalog())
  const api = await testApi({ catalog: recorded, workflow: inertWorkflow, random: systemRandom })
  const { ids, guest } = await fill(api)
  const { gateway } = api

  /** What a caller proves who he is with: a token of its own each time, for gateways. */
  const authorizationOf = async ({ ports }: TestApi, call: GoodCall, as = call.as ?? 'person') => {
    const { route, method, path, by } = call
    if (route.audience === 'code') return undefined
    if (route.audience === 'person') return `Bearer ${as}`
    const signer = by === 'guest' ? guest : gateway
    return `Bearer ${await signToken(signer, method, path, {}, ports.clock.now())}`
  }

  return {
    ids,
    gateway,
    authorizationOf,
    /** Makes a call as our clients do: people's changes under an idempotency key, the same each time. @param other what of it is otherwise */
    async make(
      api: TestApi,
      call: GoodCall,
      other: Partial<Pick<GoodCall, 'path' | 'body' | 'query'>> & { authorization?: string } = {},
    ): Promise<Answer> {
      const { method, path, body, query, route } = { ...call, ...other }
      const authorization = other.authorization ?? (await authorizationOf(api, { ...call, path }))
      const isKeyed = route.audience === 'person' && method !== 'GET'
      return api.call(method, path, {
        ...(body !== undefined && { body }),
        ...(query !== undefined && { query }),
        ...(authorization !== undefined && { authorization }),
        ...(isKeyed && { idempotencyKey: 'the-only-try' }),
      })
    },
    /** The site as it stood, in a catalog of its own. */
    async copy(): Promise<CopiedSite> {
      const { recorded: catalog, written: since } = recording(memoryCatalog())
      for (const writes of written) await catalog.write(writes)
      const partitions = () => new Set(since.flatMap(writes => writes.map(({ key }) => key.pk)))
      return {
        catalog,
        partitions,
        api: (given = {}) =>
          testApi({ catalog, workflow: inertWorkflow, random: systemRandom, ...given }, gateway),
      }
    },
    calls: (Object.keys(routes) as RouteName[]).map((name): GoodCall => {
      const given = CALLS[name](ids)
      const params: Record<string, string | undefined> = {
        ...ids,
        ...{ pointId: POINT, repositoryId: REPOSITORY },
        ...given.params,
      }
      const route: Route = routes[name]
      const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] ?? key)
      return { name, route, method: route.method, path, ...given }
    }),
  }
}

/** The agent in the VM db01. */
const enrolGuest = async ({ catalog, random }: Ports): Promise<FakeIdentity> => {
  const { publicKey, privateKey } = await makeKeyPair()
  const { code } = await createCode(catalog, random, NOON, { guest: { vmUuid: vmUuid(2) } })
  const request = { code, name: 'db01', publicKey, guest: GUEST }
  const gatewayId = await enrolGateway(catalog, request, '01J000000000000000000000GT', NOON)
  return { gatewayId, privateKey }
}

const componentPoint = async () => ({
  ...pointOf(COMPONENT_POINT, {
    vmUuid: await componentUuid(GUEST.guestUuid, 'postgresql'),
    ...{ vmName: 'db01: postgresql', poolUuid: GUEST.guestUuid },
  }),
  ...{ kind: 'component' as const, disks: [] },
})

const fill = async (api: TestApi): Promise<{ ids: Ids; guest: FakeIdentity }> => {
  const { gatewayId } = api.gateway
  const { catalog, random } = api.ports
  const good = async (answer: Promise<{ status: number; json: unknown }>) => {
    const { status, json } = await answer
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json as Record<string, unknown>
  }
  const person = (method: string, path: string, body?: unknown) =>
    good(api.asPerson(method, path, body))
  const gateway = (method: string, path: string, body: unknown) =>
    good(api.asGateway(method, path, body))

  await person('PUT', `/v1/gateways/${gatewayId}`, { maintenance: true })
  const pools = [{ ...poolOf('web01', 'db01'), srs: [SR] }]
  await gateway('PUT', `/v1/gateways/${gatewayId}/inventory`, { pools })
  const web = { vmUuid: vmUuid(1), vmName: 'web01', poolUuid: POOL }
  await gateway('PUT', `/v1/repositories/${REPOSITORY}/points`, {
    points: [OLD_POINT, SPARE_POINT, HELD_POINT, POINT].map(pointId => pointOf(pointId, web)),
  })
  await makeUnusual(catalog, HELD_POINT)
  const { policy } = await person('POST', '/v1/policies', POLICY)
  const { channelId } = await person('POST', '/v1/channels', CHANNEL)
  const { eventId } = await person('POST', `/v1/channels/${channelId}/test`)
  const { tokenId } = await person('POST', '/v1/tokens', { name: 'monitoring', role: 'viewer' })
  const { replicaId } = await person('POST', '/v1/replicas', { vm: 'web01', pool: POOL })
  for (const on of [{ vmUuid: vmUuid(2) }, { pointId: HELD_POINT }])
    await person('POST', '/v1/holds', { on, reason: 'court file' })
  const [locking] = await openRuns(catalog)

  const { runId } = await person('POST', '/v1/runs', { kind: 'backup', vms: ['web01', 'db01'] })
  const removal = await person('DELETE', `/v1/points/${OLD_POINT}`, {
    ...{ reason: 'no more room', vmName: 'web01' },
  })
  const body = { kind: 'restore', pointId: POINT, wishes: { identity: 'same' } }
  const waiting = await good(
    api.call('POST', '/v1/runs', { authorization: 'Bearer operator', body }),
  )
  const withdrawn = await good(
    api.call('POST', '/v1/runs', { authorization: 'Bearer operator', body }),
  )
  await person('POST', `/v1/runs/${withdrawn.runId}/cancel`)
  const look = await person('POST', '/v1/runs', {
    ...{ kind: 'files', pointId: POINT, publicKey: ANSWER_KEY },
  })
  const { siteId } = await person('POST', '/v1/sites', SITE)
  const sealing = await person('POST', '/v1/runs', { kind: 'site', siteId })
  const site = { siteId: String(siteId), runId: String(sealing.runId), poolUuid: POOL }
  const { sealJobId, points } = await backUpMembers(api.ports, site.runId)
  await gateway('PUT', `/v1/repositories/${REPOSITORY}/points`, {
    points: [...points, sitePointOf(SITE_POINT, site), await componentPoint()],
  })
  const { restoreId } = await person('POST', '/v1/site-restores', { pointId: SITE_POINT })
  const { steps } = await person('GET', `/v1/site-restores/${restoreId}`)
  const siteStep = (steps as { number: number; kind: string }[]).find(
    ({ kind }) => kind === 'automatic',
  )?.number
  const recall = await person('POST', '/v1/runs', { kind: 'site-plan', pointId: SITE_POINT })
  for (let step = 1; step < Number(siteStep); step++)
    await person('POST', `/v1/site-restores/${restoreId}/steps`, { step, command: 'confirm' })
  // As the machines would have it: the jobs of the runs wait in their queues, and the gateway has taken the first of each.
  for (const id of [runId, removal.runId, locking?.runId, look.runId, recall.runId])
    for (const { jobId } of await readJobs(catalog, String(id)))
      await dispatchJob(catalog, jobId, `token of ${jobId}`)
  const leased = await gateway('POST', `/v1/gateways/${gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 8, freeLooks: 1, pools: [POOL], holding: [] },
  })
  const jobs = leased.jobs as unknown as {
    jobId: string
    spec: { kind: string; vmUuid?: string }
  }[]
  const lookJobId = jobs.find(({ spec }) => spec.kind === 'read-files')?.jobId ?? ''
  const { questionId } = await person('POST', `/v1/runs/${look.runId}/questions`, DOWNLOAD)
  await gateway('POST', `/v1/jobs/${lookJobId}/questions`, { epoch: 1 })
  await gateway('POST', `/v1/jobs/${lookJobId}/answers`, {
    ...{ epoch: 1, questionId, seal: SEAL, part: { number: 0, bytes: 100 } },
  })
  const guest = await enrolGuest(api.ports)
  const ids: Ids = {
    guestGatewayId: guest.gatewayId,
    lookId: String(look.runId),
    lookJobId,
    questionId: String(questionId),
    ...{ siteId: site.siteId, sealId: sealJobId, restoreId: String(restoreId) },
    siteStep: String(siteStep),
    gatewayId,
    channelId: String(channelId),
    tokenId: String(tokenId),
    replicaId: String(replicaId),
    eventId: String(eventId),
    runId: String(runId),
    policyId: (policy as { policyId: string }).policyId,
    waitingId: String(waiting.runId),
    endedId: String(withdrawn.runId),
    jobId:
      jobs.find(({ spec }) => spec.kind === 'backup-vm' && spec.vmUuid === vmUuid(1))?.jobId ?? '',
    lockingId: jobs.find(({ spec }) => spec.kind === 'lock-held-points')?.jobId ?? '',
    recallId: jobs.find(({ spec }) => spec.kind === 'read-site-plan')?.jobId ?? '',
    removalId: jobs.find(({ spec }) => spec.kind === 'remove-points')?.jobId ?? '',
    announcement: await announceKey(api.gateway, (await makeKeyPair()).privateKey),
    code: (await createCode(catalog, random, NOON)).code,
  }
  return { ids, guest }
}
