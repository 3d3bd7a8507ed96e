import type { Client } from '#core/contracts/client.ts'
import {
  type InventoryPool,
  LeaseReply,
  type UnreachablePool,
} from '#core/contracts/gateway-api.ts'
import type { JobOutcome, JobProgress, JobSpec } from '#core/contracts/jobs.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { RelayedError } from '#core/errors/base.ts'
import { ControlPlaneUnreachableError } from '#core/errors/wire.ts'

export const GATEWAY = '01J00000000000000000000GAT'
const REPOSITORY_ADDRESS = 'memory:test'

interface FakeJob {
  spec: JobSpec
  epoch: number
  instance?: string
  outcome?: JobOutcome
  progress: JobProgress[]
  cancel: boolean
}

const refuse = (code: string) =>
  new RelayedError({ code, message: `${code}.`, advice: 'None.', retryable: false })

/**
 * A control plane that works, in memory: leases with epochs and instances, results accepted once, a catalog of points.
 * `away` makes every call fail as if nobody answered.
 */
export const createFakeControl = () => {
  const jobs = new Map<string, FakeJob>()
  const points = new Map<string, PointSummary>()
  const calls: string[] = []
  const state = {
    jobs,
    points,
    calls,
    away: false,
    /** Outcomes that a control plane of another version would not take. */
    refuses: new Set<JobOutcome['status']>(),
    knowsGateway: true,
    inventory: [] as InventoryPool[],
    unreachable: [] as UnreachablePool[],
    code: 'ABCDE-12345',
    wrongCodes: 0,
    add(jobId: string, spec: JobSpec) {
      jobs.set(jobId, { spec, epoch: 0, progress: [], cancel: false })
    },
    client: undefined as unknown as Client,
  }

  const held = (jobId: string, epoch: number): FakeJob => {
    const job = jobs.get(jobId)
    if (!job) throw refuse('JOB_NOT_FOUND')
    if (job.epoch !== epoch) throw refuse('EPOCH_OUTDATED')
    return job
  }

  // biome-ignore lint/suspicious/noExplicitAny: one table of handlers for routes of many types
  const handlers: Record<string, (input: any) => unknown> = {
    enrol({ body }) {
      if (body.code !== state.code) {
        state.wrongCodes++
        throw refuse('ENROLMENT_CODE_INVALID')
      }
      state.knowsGateway = true
      return { gatewayId: GATEWAY }
    },
    lease({ body }) {
      if (!state.knowsGateway) throw refuse('GATEWAY_UNKNOWN')
      const open = [...jobs]
        .filter(([, { outcome, instance }]) => !outcome && instance !== body.instance)
        .slice(0, body.freeSlots)
      return LeaseReply.parse({
        jobs: open.map(([jobId, job]) => {
          job.instance = body.instance
          job.epoch++
          return { jobId, runId: jobId, epoch: job.epoch, leaseUntil: 0, spec: job.spec }
        }),
        pollAfterSeconds: 1,
        heartbeatAfterSeconds: 1,
      })
    },
    heartbeat({ params, body }) {
      const job = held(params.jobId, body.epoch)
      job.progress.push(body.progress)
      return {
        directive: job.cancel ? 'cancel' : 'continue',
        leaseUntil: 0,
        heartbeatAfterSeconds: 1,
      }
    },
    result({ params, body }) {
      const job = held(params.jobId, body.epoch)
      if (state.refuses.has(body.outcome.status)) throw refuse('REQUEST_INVALID')
      job.outcome ??= body.outcome
      return { accepted: true }
    },
    credentials: () => ({
      repositoryId: '01J00000000000000000000REP',
      address: REPOSITORY_ADDRESS,
    }),
    openJobs: ({ body }) => ({
      open: body.jobIds.filter((id: string) => jobs.has(id) && !jobs.get(id)?.outcome),
    }),
    putInventory({ body }) {
      state.inventory = body.pools
      state.unreachable = body.unreachable
      return { accepted: true }
    },
    missingPoints: ({ body }) => ({
      missing: body.pointIds.filter((id: string) => !points.has(id)),
    }),
    putPoints({ body }) {
      for (const point of body.points) points.set(point.pointId, point)
      return { accepted: true }
    },
  }

  state.client = {
    async call(name, input) {
      calls.push(name)
      if (state.away) throw new ControlPlaneUnreachableError('http://control')
      const handler = handlers[name]
      if (!handler) throw new Error(`the fake control plane has no ${name}`)
      return handler(input ?? {}) as never
    },
  }
  return state
}
