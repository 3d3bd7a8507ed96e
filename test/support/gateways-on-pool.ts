import { ulid } from 'ulid'
import { ownerOf } from '#core/points/marks.ts'
import { subjectOf } from '#core/runs/work-of.ts'
import { runLeaseLoop } from '#gateway-agent/control/lease-loop.ts'
import { askOpenJobs, createSweep } from '#gateway-agent/housekeeping.ts'
import { createDiskGate } from '#gateway-agent/jobs/disk-gate.ts'
import { createPerform } from '#gateway-agent/jobs/perform.ts'
import { poolOfXapi } from '#gateway-agent/pool-of-xapi.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { openPool } from '#gateway-agent/xapi/pool.ts'
import { startControlPlane } from './control-plane.ts'
import { enrolFakeGateway, gatewayClient } from './fake-gateway.ts'
import { impatience, memoryLog, until } from './patience.ts'
import { clientOnPool, impatient } from './pool-client.ts'
import { emptyStore, newRepository, readAll } from './repository/open.ts'
import { storageOf } from './storage-access.ts'

/**
 * A simulated pool, a control plane behind real HTTP whose clock a test moves, one repository, and as many gateways as a test starts: each
 * with its own identity, session, lease loop and sweeps, as main.ts joins them.
 */
export const gatewaysOnPool = async (disks: Record<string, Buffer[]>) => {
  const client = await clientOnPool(disks)
  const store = emptyStore()
  const made = await newRepository(store)
  let late = 0
  const clock = { now: () => Date.now() + late }
  const control = await startControlPlane({ clock })
  const owner = ownerOf(made.repository.id)
  const ends: (() => Promise<unknown>)[] = []

  const start = async (name: string, wrap: (xapi: Xapi) => Xapi = xapi => xapi) => {
    const identity = await enrolFakeGateway(control.url, await control.enrolmentCode(), name)
    const { gatewayId } = identity
    const signed = gatewayClient(control.url, identity, clock.now)
    let dead = false
    const api: typeof signed = {
      call: async (...call) => (dead ? new Promise(() => undefined) : signed.call(...call)),
    }
    const xapi = await openPool(client.options, impatient())
    const pool = poolOfXapi(wrap(xapi))
    const log = memoryLog()
    const running = new Map<string, { poolUuid?: string }>()
    const stopping = new AbortController()
    const openJobs = askOpenJobs({ client: api, gatewayId: () => gatewayId })
    const repositories = { open: async () => made.repository }
    const { sweep } = createSweep({
      repositories,
      address: 'memory:',
      isRunning: jobId => running.has(jobId),
      openJobs,
      installation: { load: async () => owner, save: async () => undefined },
      log,
    })
    const perform = createPerform({
      client: api,
      gatewayId: () => gatewayId,
      pools: { use: async () => pool },
      repositories,
      maintenanceStore: async () => store,
      running,
      storage: storageOf(api, log, gatewayId),
      gate: createDiskGate(4),
      patience: impatience,
      random: () => 0.5,
      clock,
      bootScripts: {},
      log,
    })
    await sweep(pool)
    await api.call('putInventory', {
      params: { gatewayId },
      body: { pools: [await pool.readInventory()] },
    })
    const loop = runLeaseLoop({
      client: api,
      gatewayId: () => gatewayId,
      instance: ulid(),
      slots: 3,
      looks: 1,
      pools: () => [pool.uuid],
      clock,
      perform,
      patience: {
        wait: (ms, signal) =>
          new Promise(resolve => {
            const timer = setTimeout(resolve, Math.min(ms, 50))
            const end = () => {
              clearTimeout(timer)
              resolve()
            }
            if (signal?.aborted) end()
            signal?.addEventListener('abort', end, { once: true })
          }),
      },
      random: () => 0.5,
      log,
      stopping: stopping.signal,
      enrolAgain: async () => undefined,
      tookOver: () => void sweep(pool),
      ended: async jobId => {
        running.delete(jobId)
        await sweep(pool)
      },
    })
    ends.push(async () => {
      stopping.abort()
      if (!dead) await loop
      await xapi.close()
    })
    return {
      log,
      jobs: running,
      sweep: () => sweep(pool),
      /** Nobody hears of it any more. What it does to the pool dies with the xapi that a test wraps. */
      die: () => {
        dead = true
      },
    }
  }

  const runOf = (runId: string) => control.person.call('getRun', { params: { runId } })
  return {
    client,
    control,
    start,
    ...made,
    /** Moves the clock of control plane and gateways. */
    pass: (ms: number) => {
      late += ms
    },
    /** @returns the run's id */
    async backup(vms: string[], more: object = {}): Promise<string> {
      const body = { kind: 'backup' as const, vms, ...more }
      return (await control.person.call('startRun', { body })).runId
    },
    runOf,
    /** Waits for the end of a run. @returns what its jobs came to, by VM */
    async endOf(runId: string) {
      await until(
        `the run ${runId} ends`,
        async () => (await runOf(runId)).run.state !== 'running',
        {
          ms: 40_000,
          everyMs: 50,
        },
      )
      const { jobs } = await runOf(runId)
      return jobs.map(({ spec, outcome, attempts }) => ({ vm: subjectOf(spec), outcome, attempts }))
    },
    vm: (name: string) => {
      const { database } = client.pool.state
      return database.get('VM', database.byUuid('VM', client.pool.vms[name] ?? ''))
    },
    /** The first disk of the newest point of a VM. */
    async newest(name: string): Promise<Buffer> {
      const refs = await Array.fromAsync(made.repository.points(client.pool.vms[name]))
      const [ref] = refs.toSorted((a, b) => (a.id < b.id ? 1 : -1))
      if (!ref) throw new Error(`"${name}" has no point`)
      const point = await made.repository.readPoint(ref)
      return readAll(made.repository.readDisk(point, point.disks[0]?.id ?? ''))
    },
    /** Everything of ours on the pool but settled bases. */
    left: async () =>
      (await poolOfXapi(client.xapi).listOurs(owner)).filter(
        ({ baseOf, hasData }) => !baseOf || hasData,
      ),
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) await end()
      await control.close()
      await made.repository.close()
      await client[Symbol.asyncDispose]()
    },
  }
}
