import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { Route } from '#core/contracts/routes/route.ts'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import { createCode } from '#core/gateways/enrol.ts'
import type { Catalog, CatalogWrite, Workflow } from '#core/ports.ts'
import { dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import type { Ports } from '#functions/ports.ts'
import { NOON, type TestApi, testApi } from './call-api.ts'
import {
  announceKey,
  backedUp,
  makeKeyPair,
  POOL,
  pointOf,
  poolOf,
  progress,
  signToken,
  vmUuid,
} from './fake-gateway.ts'

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

type Ids = Record<
  | 'gatewayId'
  | 'runId'
  | 'waitingId'
  | 'endedId'
  | 'jobId'
  | 'removalId'
  | 'lockingId'
  | 'policyId'
  | 'channelId'
  | 'tokenId'
  | 'replicaId'
  | 'eventId'
  | 'code'
  | 'announcement',
  string
>

/** What a good call of a route gives. Path parameters are those of its ids. */
interface Given {
  params?: Partial<Record<string, string>>
  query?: string
  body?: unknown
  /** Who asks, where an administrator would not do. */
  as?: string
  /** What it is answered where that is a refusal, since a site has but one region. */
  refusal?: string
}

const CALLS: Record<RouteName, (ids: Ids) => Given> = {
  enrol: ({ code }) => ({ body: { code, name: 'site B', publicKey: 'A'.repeat(43) } }),
  lease: () => ({ body: { instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] } }),
  credentials: ({ jobId }) => ({ body: { jobId, epoch: 1 } }),
  openJobs: ({ jobId }) => ({ body: { jobIds: [jobId] } }),
  listGateways: () => ({}),
  revokeGateway: () => ({}),
  renameGateway: () => ({ body: { name: 'site C' } }),
  changeKey: ({ announcement }) => ({ body: { announcement } }),
  askNewKey: () => ({}),
  setGateway: () => ({ body: { maintenance: false } }),
  createEnrolmentCode: () => ({}),
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
  listPoints: () => ({ query: 'vm=web01' }),
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
  getRegion: () => ({}),
  takeOverRegion: () => ({ body: { confirm: 'here' }, refusal: 'REGION_ALONE' }),
  putReplica: () => ({ body: { vm: 'db01', pool: POOL } }),
  listReplicas: () => ({}),
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
  const ids = await fill(api)
  const { gateway } = api

  /** What a caller proves who he is with: a token of its own each time, for gateways. */
  const authorizationOf = async ({ ports }: TestApi, call: GoodCall, as = call.as ?? 'person') => {
    const { route, method, path } = call
    if (route.audience === 'code') return undefined
    if (route.audience === 'person') return `Bearer ${as}`
    return `Bearer ${await signToken(gateway, method, path, {}, ports.clock.now())}`
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

const fill = async (api: TestApi): Promise<Ids> => {
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
  // As the machines would have it: the jobs of the two runs wait in their queues, and the gateway has taken the first of each.
  for (const id of [runId, removal.runId, locking?.runId])
    for (const { jobId } of await readJobs(catalog, String(id)))
      await dispatchJob(catalog, jobId, `token of ${jobId}`)
  const leased = await gateway('POST', `/v1/gateways/${gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] },
  })
  const jobs = leased.jobs as unknown as {
    jobId: string
    spec: { kind: string; vmUuid?: string }
  }[]
  return {
    gatewayId,
    channelId: String(channelId),
    tokenId: String(tokenId),
    replicaId: String(replicaId),
    eventId: String(eventId),
    runId: String(runId),
    policyId: (policy as { policyId: string }).policyId,
    waitingId: String(waiting.runId),
    endedId: String(withdrawn.runId),
    jobId: jobs.find(({ spec }) => spec.vmUuid === vmUuid(1))?.jobId ?? '',
    lockingId: jobs.find(({ spec }) => spec.kind === 'lock-held-points')?.jobId ?? '',
    removalId: jobs.find(({ spec }) => spec.kind === 'remove-points')?.jobId ?? '',
    announcement: await announceKey(api.gateway, (await makeKeyPair()).privateKey),
    code: (await createCode(catalog, random, NOON)).code,
  }
}
