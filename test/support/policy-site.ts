import { vi } from 'vitest'
import type { JobOutcome, JobSpec } from '#core/contracts/jobs.ts'
import type { JobView, RunView } from '#core/contracts/runs-api.ts'
import { type TestApi, testApi } from './call-api.ts'
import { POOL, pointOf, poolOf } from './fake-gateway.ts'

export interface GivenJob {
  jobId: string
  epoch: number
  spec: JobSpec
}

const INSTANCE = '01J0000000000000000000000A'

/** All handlers with the VMs of one pool, and the moves of a gateway and of a person. */
export const policySite = async (...names: string[]) => {
  const api: TestApi = await testApi()
  const path = `/v1/gateways/${api.gateway.gatewayId}`
  await api.asGateway('PUT', `${path}/inventory`, { pools: [poolOf(...names)] })

  const lease = async (instance = INSTANCE, holding?: string[]): Promise<GivenJob[]> => {
    const body = { instance, freeSlots: 64, pools: [POOL], ...(holding && { holding }) }
    return (await api.asGateway('POST', `${path}/lease`, body)).json.jobs as GivenJob[]
  }
  const tell = ({ jobId, epoch }: GivenJob, outcome: JobOutcome) =>
    api.asGateway('POST', `/v1/jobs/${jobId}/result`, { epoch, outcome })

  const look = async (runId: string) =>
    (await api.asPerson('GET', `/v1/runs/${runId}`)).json as unknown as {
      run: RunView
      jobs: JobView[]
    }

  return {
    ...{ api, lease, tell },
    start: async (policy: object): Promise<string> => {
      const given = { name: 'Nightly', retention: { daily: 7 }, ...policy }
      const { json } = await api.asPerson('POST', '/v1/policies', {
        selection: { include: [{ all: true }] },
        ...given,
      })
      const { policyId } = json.policy as { policyId: string }
      const started = await api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })
      return String(started.json.runId)
    },
    finish: async (jobs: readonly GivenJob[]) => {
      for (const job of jobs) {
        const { policyId } = job.spec as { policyId?: string }
        const point = { ...pointOf(job.jobId, job.spec), ...(policyId && { policyId }) }
        await tell(job, { status: 'backed-up', point, notes: [] })
      }
    },
    cancel: (runId: string) => api.asPerson('POST', `/v1/runs/${runId}/cancel`, {}),
    /** The run once it has ended. */
    ended: (runId: string) =>
      vi.waitFor(
        async () => {
          const seen = await look(runId)
          if (seen.run.state === 'running') throw new Error(`still running: ${seen.run.line}`)
          return seen
        },
        { interval: 2 },
      ),
    look,
  }
}
