import { ulid } from 'ulid'
import { systemClock } from '#adapters/system/clock.ts'
import { systemRandom } from '#adapters/system/random.ts'
import type { InventoryPool } from '#core/contracts/gateway-api.ts'
import type { JobOutcome, JobSpec } from '#core/contracts/jobs.ts'
import type { RunView } from '#core/contracts/runs-api.ts'
import { createCode, enrolGateway } from '#core/gateways/enrol.ts'
import { ulidMaker } from '#core/ids.ts'
import type { Catalog } from '#core/ports.ts'
import { taskHandlers } from '#functions/workflow/index.ts'
import { localWorkflow } from '#local/workflow/workflow.ts'
import { type TestApi, testApi } from './call-api.ts'
import { backedUp, type FakeIdentity, makeKeyPair, progress, signToken } from './fake-gateway.ts'

/** What a gateway makes of a job; nothing: it goes on with it, and tells no more. */
export type Answer = (jobId: string, spec: JobSpec) => JobOutcome | undefined

interface Leased {
  jobs: { jobId: string; epoch: number; spec: JobSpec }[]
}

const poolUuid = (pool: number) => `${String(pool).padStart(8, '0')}-0000-4000-8000-00000000000a`

const inventoryOf = (pool: number, vms: number): InventoryPool => ({
  ...{ uuid: poolUuid(pool), name: `pool ${pool}`, version: 'XCP-ng 8.3.0', hosts: [], srs: [] },
  vms: Array.from({ length: vms }, (_, vm) => ({
    ...{ uuid: `${String(pool).padStart(8, '0')}-0000-4000-9000-${String(vm).padStart(12, '0')}` },
    ...{ name: `vm-${pool}-${vm}`, description: '', powerState: 'Running', tags: [], disks: [] },
  })),
})

const SLOTS = 64

/**
 * A site with several pools, each with a gateway that answers at once, over the handlers and state machines of the product. Nothing goes over a network.
 * @param log hears of executions that failed
 */
export const largeSite = async (
  catalog: Catalog,
  {
    pools = 4,
    vmsPerPool,
    log = () => {},
  }: { pools?: number; vmsPerPool: number; log?: (line: string) => void },
) => {
  const workflow = localWorkflow({ handlers: () => taskHandlers(api.ports), log })
  const api: TestApi = await testApi({
    ...{ catalog, workflow, clock: systemClock, random: systemRandom },
  })
  const gateways: {
    identity: FakeIdentity
    pool: string
    instance: string
    /** Jobs that it goes on with. */
    holding: string[]
  }[] = []
  for (let pool = 1; pool <= pools; pool++) {
    const identity = await enrol(api, `gateway ${pool}`)
    gateways.push({ identity, pool: poolUuid(pool), instance: ulid(), holding: [] })
    const path = `/v1/gateways/${identity.gatewayId}/inventory`
    await asGateway(api, identity, 'PUT', path, { pools: [inventoryOf(pool, vmsPerPool)] })
  }

  /** One turn of each gateway: it leases what it has room for, and answers each job. @returns how many jobs were leased */
  const turn = async (answer: Answer, { beat = false, slots = SLOTS } = {}): Promise<number> => {
    let count = 0
    await Promise.all(
      gateways.map(async ({ identity, pool, instance, holding }) => {
        const body = { instance, freeSlots: slots, pools: [pool], holding }
        const path = `/v1/gateways/${identity.gatewayId}/lease`
        const { jobs } = (await asGateway(api, identity, 'POST', path, body)) as unknown as Leased
        count += jobs.length
        await Promise.all(
          jobs.map(async ({ jobId, epoch, spec }) => {
            const call = (what: string, told: object) =>
              asGateway(api, identity, 'POST', `/v1/jobs/${jobId}/${what}`, { epoch, ...told })
            if (beat) await call('heartbeat', { progress })
            const outcome = answer(jobId, spec)
            if (outcome) await call('result', { outcome })
            else holding.push(jobId)
          }),
        )
      }),
    )
    return count
  }

  const see = async (runId: string): Promise<RunView> => {
    const { json } = await api.asPerson('GET', `/v1/runs/${runId}`, undefined, 'limit=1')
    return json.run as RunView
  }
  const stateOf = async (runId: string) => (await see(runId)).state

  return {
    api,
    pools: gateways.map(({ pool }) => pool),
    turn,
    see,
    /** Turns until the run has ended. @returns how many turns, and how many jobs were leased */
    async work(runId: string, answer: Answer = backedUp): Promise<{ turns: number; jobs: number }> {
      for (let turns = 1, jobs = 0; ; turns++) {
        jobs += await turn(answer)
        // The interpreter goes on in turns of the event loop.
        await new Promise(resolve => setImmediate(resolve))
        if (turns % 8 === 0 && (await stateOf(runId)) !== 'running') return { turns, jobs }
      }
    },
    async policy(name = 'Nightly', limits?: { jobsAtOnce: number }): Promise<string> {
      const { json, status } = await api.asPerson('POST', '/v1/policies', {
        ...{ name, selection: { include: [{ all: true }] }, retention: { daily: 7 } },
        ...(limits && { limits }),
      })
      if (status !== 200) throw new Error(JSON.stringify(json))
      return (json.policy as { policyId: string }).policyId
    },
    async start(policyId: string): Promise<string> {
      const { json, status } = await api.asPerson('POST', '/v1/runs', { kind: 'policy', policyId })
      if (status !== 200) throw new Error(JSON.stringify(json))
      return json.runId as string
    },
    stateOf,
  }
}

const enrol = async ({ ports }: TestApi, name: string): Promise<FakeIdentity> => {
  const { catalog, random, clock } = ports
  const { publicKey, privateKey } = await makeKeyPair()
  const { code } = await createCode(catalog, random, clock.now())
  const request = { code, name, publicKey }
  const gatewayId = await enrolGateway(catalog, request, ulidMaker(ports)(), clock.now())
  return { gatewayId, privateKey }
}

const asGateway = async (
  { call, ports }: TestApi,
  identity: FakeIdentity,
  method: string,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> => {
  const token = await signToken(identity, method, path, {}, ports.clock.now())
  const { status, json } = await call(method, path, { authorization: `Bearer ${token}`, body })
  if (status !== 200) throw new Error(`${method} ${path}: ${JSON.stringify(json)}`)
  return json
}
