import { ulid } from 'ulid'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { GetRunReply, RunView } from '#core/contracts/runs-api.ts'
import type { Ports } from '#functions/ports.ts'
import { NOON, testApi } from './call-api.ts'
import { pointOf } from './fake-gateway.ts'

export const DAY = 86_400_000
export const REPOSITORY = '0123456789abcdef0123456789abcdef'
export const WEB = '00000000-0000-4000-8000-000000000001'
export const DB = '00000000-0000-4000-8000-000000000002'
const POOL = '00000000-0000-4000-8000-0000000000aa'
const INSTANCE = ulid()

type Leased = { jobId: string; epoch: number; spec: Record<string, unknown> & { kind: string } }

/** A control plane whose one gateway is marked for maintenance and is played by the test. */
export const maintainedSite = async (given: Partial<Ports> = {}) => {
  const api = await testApi(given)
  const { gatewayId } = api.gateway
  const mark = (maintenance: boolean) =>
    api.asPerson('PUT', `/v1/gateways/${gatewayId}`, { maintenance })
  await mark(true)
  let count = 0

  /** A point of so many days ago, in the catalog as if a gateway had found it in the repository. */
  const addPoint = async (
    daysAgo: number,
    more: Partial<PointSummary> = {},
  ): Promise<PointSummary> => {
    const taken = NOON - daysAgo * DAY
    const id = ulid(taken).slice(0, 23) + String(count++).padStart(3, '0')
    const vm = { vmUuid: more.vmUuid ?? WEB, vmName: more.vmName ?? 'web01', poolUuid: POOL }
    const point = { ...pointOf(id, vm), taken, committed: taken, ...more }
    await api.asGateway('PUT', `/v1/repositories/${REPOSITORY}/points`, { points: [point] })
    return point
  }
  const addPolicy = async (retention: object, name = 'Nightly'): Promise<string> => {
    const selection = { include: [{ all: true }] }
    const { json } = await api.asPerson('POST', '/v1/policies', { name, selection, retention })
    return (json as { policy: { policyId: string } }).policy.policyId
  }
  const start = (request: object = {}, authorization = 'Bearer person') =>
    api.call('POST', '/v1/runs', { authorization, body: { kind: 'maintenance', ...request } })
  /** What the gateway gets when it asks for work; a new instance is a gateway that was started again. */
  const lease = async (instance = INSTANCE): Promise<Leased[]> => {
    const body = { instance, freeSlots: 4, pools: [] }
    const { json } = await api.asGateway('POST', `/v1/gateways/${gatewayId}/lease`, body)
    return json.jobs as Leased[]
  }
  /** The next job: the state machine hands it out a moment after it was asked to. Those that lock held points only where they are asked for. */
  const next = async (instance = INSTANCE, locking = false): Promise<Leased> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const jobs = await lease(instance)
      const job = jobs.find(({ spec }) => (spec.kind === 'lock-held-points') === locking)
      if (job) return job
      await new Promise(resolve => setImmediate(resolve))
    }
    throw new Error('There is no job.')
  }
  const tell = ({ jobId, epoch }: Leased, outcome: JobOutcome) =>
    api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch, outcome })
  const ask = async ({ jobId, epoch }: Leased, pointId: string) =>
    (await api.asGateway('POST', `/v1/jobs/${jobId}/removals`, { epoch, pointId })).json
  const removed = (...pointIds: string[]): JobOutcome => ({
    status: 'points-removed',
    report: { removed: pointIds, absent: [], kept: [] },
  })
  const see = async (runId: string) =>
    (await api.asPerson('GET', `/v1/runs/${runId}`)).json as unknown as typeof GetRunReply._output
  const ended = async (runId: string): Promise<RunView> => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const { run } = await see(runId)
      if (run.state !== 'running') return run
      await new Promise(resolve => setImmediate(resolve))
    }
    throw new Error(`The run ${runId} does not end.`)
  }
  const pointIds = async (): Promise<string[]> => {
    const { json } = await api.asPerson('GET', '/v1/points')
    return (json.items as PointSummary[]).map(({ pointId }) => pointId)
  }
  return {
    ...{ api, gatewayId, mark, addPoint, addPolicy, start, lease, next, tell, ask, removed },
    ...{ see, ended, pointIds },
  }
}

export const collected = (bytes = 1024 ** 3): JobOutcome => ({
  status: 'garbage-collected',
  report: {
    at: NOON,
    removed: { packs: 3, bytes },
    condemned: { packs: 0, bytes: 0 },
    locked: { packs: 0, bytes: 0 },
    rewritten: { packs: 0, bytes: 0, copied: 0 },
    text: ['Removed 3 packs.'],
  },
})

export const verified = (
  damages: { message: string; affected: string[] }[] = [],
  at = NOON,
): JobOutcome => ({
  status: 'verified',
  report: {
    ...{ at, level: 1, points: 2, packs: 10, packsRead: 1, bytesRead: 1024 ** 2 },
    damages: damages.length,
    findings: damages.map(({ message }) => ({ code: 'OBJECT_DAMAGED', message })),
    affected: damages.flatMap(({ affected }) => affected),
    state: { packs: 10, bytes: 5_000, never: { packs: 9, bytes: 4_500 }, damaged: damages.length },
  },
})
