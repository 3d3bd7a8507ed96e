import type { GatewayAbout } from '#core/contracts/gateway-about.ts'
import { VERSION } from '#core/contracts/version.ts'
import type { Calls, Counts } from '#core/costs/counts.ts'
import { TICK_NAMES, TICKS, type Tick } from '#core/costs/ticks.ts'
import { copyAudit } from '#functions/events/copy-audit.ts'
import { deliverAll } from '#functions/events/deliver.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { tendPolicies } from '#functions/events/tend-policies.ts'
import { tendReplicas } from '#functions/events/tend-replicas.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { watch } from '#functions/events/watch.ts'
import { backedUp, POOL, poolOf, progress } from '#test/support/fake-gateway.ts'
import { measureJob } from '../scale/measure-job.ts'
import { type CountedPlane, countedPlane } from './counted-plane.ts'

const INSTANCE = '01J000000000000000000000PA'

/** What a gateway of today tells with each call. */
const ABOUT: GatewayAbout = {
  ...{ version: VERSION, node: '24.21.0', platform: 'linux x64', machine: 'backup-1' },
  ...{ timeZone: 'Europe/Berlin', slots: 4, hookScripts: [], bootScripts: [] },
  bandwidth: {
    toRepository: [{ from: '08:00', to: '18:00', days: 'mon-fri', rate: '8MB/s' }],
    fromXenServer: [],
  },
  files: { can: false, because: 'Its settings do not allow it: "fileBrowsing" is "off".' },
}

interface Leased {
  jobs: { jobId: string; epoch: number; spec: Parameters<typeof backedUp>[1] }[]
}

const leaseOf = (
  { api, call }: CountedPlane,
  freeSlots = 4,
  holding: string[] = [],
): Promise<Leased> =>
  call('asGateway', 'POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots, freeLooks: 1, pools: [POOL], holding },
    ...{ about: ABOUT, at: api.ports.clock.now() },
  }) as Promise<unknown> as Promise<Leased>

/** Does the jobs of one run as a gateway of four slots would, without any time in between. */
const driven = async (plane: CountedPlane, vms: number) => {
  const { api, call } = plane
  const names = Array.from({ length: vms }, (_, index) => `vm ${index + 1}`)
  const lease = (freeSlots: number, holding?: string[]) => leaseOf(plane, freeSlots, holding)
  let polls: Calls | undefined
  const settle = (ms = 20) => new Promise(resolve => setTimeout(resolve, ms))

  const took = await plane.during(async () => {
    await call('asPerson', 'POST', '/v1/runs', { kind: 'backup', vms: names })
    await settle(300)
    for (let done = 0; done < vms; ) {
      await settle()
      const { jobs } = await lease(4)
      if (jobs.length === 0) continue
      polls ??= await plane.during(() =>
        lease(
          0,
          jobs.map(({ jobId }) => jobId),
        ),
      )
      for (const { jobId, epoch, spec } of jobs) {
        const outcome = backedUp(jobId, spec)
        await call('asGateway', 'POST', `/v1/jobs/${jobId}/heartbeat`, { epoch, progress })
        await call('asGateway', 'POST', `/v1/jobs/${jobId}/result`, { epoch, outcome })
        done++
      }
    }
    for (;;) {
      await settle()
      const { items } = await api
        .asPerson('GET', '/v1/runs')
        .then(({ json }) => json as { items: { state: string }[] })
      if (items.every(({ state }) => state !== 'running')) break
    }
  })
  return { took, busyPoll: polls }
}

const inventory = (plane: CountedPlane, vms: number) => () =>
  plane.call('asGateway', 'PUT', `/v1/gateways/${plane.api.gateway.gatewayId}/inventory`, {
    pools: [poolOf(...Array.from({ length: vms }, (_, index) => `vm ${index + 1}`))],
  })

const each = (calls: Calls, by: number): Calls => ({
  requests: round(calls.requests / by),
  functions: round(calls.functions / by),
  reads: round(calls.reads / by),
  writes: round(calls.writes / by),
  transitions: round(calls.transitions / by),
})
const round = (value: number) => Math.round(value * 100) / 100
const minus = (a: Calls, b: Calls): Calls => ({
  requests: a.requests - b.requests,
  functions: a.functions - b.functions,
  reads: a.reads - b.reads,
  writes: a.writes - b.writes,
  transitions: a.transitions - b.transitions,
})

/**
 * Counts all of it, for a gateway that also works on the repository, as the only one of a site does.
 * @param vms of the run that is looked at
 */
export const count = async (vms: number): Promise<Counts> => {
  const plane = await countedPlane()
  const path = `/v1/gateways/${plane.api.gateway.gatewayId}`
  await plane.call('asPerson', 'PUT', path, { maintenance: true })
  await inventory(plane, 50)()
  plane.api.wait(5 * 60_000)
  const told = await plane.during(inventory(plane, 50))

  await inventory(plane, vms)()
  // An idle gateway polls each 20 s; over ten minutes what is written now and then, and what sweeps up, has its part.
  const polls = 1_000
  const idle = await plane.during(async () => {
    for (let poll = 0; poll < polls; poll++) {
      plane.api.wait(20_000)
      await leaseOf(plane)
    }
  })
  const ticks = await ticksOf(plane)

  // Runs of n and n / 2 VMs, after one that warms up: the difference is what VMs take, the rest what a run takes.
  await driven(plane, vms)
  const before = plane.bytes()
  const large = await driven(plane, vms)
  const backupBytes = Math.round((plane.bytes() - before) / vms)
  const small = await driven(plane, Math.floor(vms / 2))
  const perVm = each(minus(large.took, small.took), vms - Math.floor(vms / 2))
  const run = each(minus(small.took, scaled(perVm, Math.floor(vms / 2))), 1)

  const { put, get, list, head } = await measureJob()
  const heartbeat = await heartbeatOf(plane, vms)
  return {
    asOf: '2026-11-23',
    idlePoll: each(idle, polls),
    busyPoll: each(large.busyPoll ?? idle, 1),
    heartbeat,
    inventory: each(told, 1),
    backup: perVm,
    run,
    ticks,
    backupBytes,
    store: { puts: put, gets: get + head, lists: list },
  }
}

/** Over an hour each, with a gateway that is there: some look at everything now and then. */
const ticksOf = async (plane: CountedPlane): Promise<Counts['ticks']> => {
  const { ports } = plane.api
  const works: Record<Tick, () => Promise<unknown>> = {
    'tend-runs': tendRuns(ports),
    'copy-audit': copyAudit(ports),
    watch: watch(ports),
    deliver: deliverAll(ports),
    'tend-maintenance': tendMaintenance(ports),
    'tend-replicas': tendReplicas(ports),
    'tend-policies': tendPolicies(ports),
  }
  const counted: Partial<Record<Tick, Calls>> = {}
  for (const name of TICK_NAMES) {
    await works[name]() // what it does once, at the first time
    const calls = 60 / TICKS[name]
    let took: Calls = { requests: 0, functions: 0, reads: 0, writes: 0, transitions: 0 }
    for (let call = 0; call < calls; call++) {
      plane.api.wait(TICKS[name] * 60_000)
      await leaseOf(plane)
      took = minus(took, scaled(await plane.during(() => plane.tick(works[name])), -1))
    }
    counted[name] = each(took, calls)
  }
  return counted as Counts['ticks']
}

const scaled = (calls: Calls, by: number): Calls => each(calls, 1 / by)

const heartbeatOf = async (plane: CountedPlane, vms: number): Promise<Calls> => {
  const { call, api } = plane
  await call('asPerson', 'POST', '/v1/runs', { kind: 'backup', vms: [`vm ${vms}`] })
  await new Promise(resolve => setTimeout(resolve, 50))
  const { jobs } = await leaseOf(plane)
  const [job] = jobs
  if (!job) throw new Error('the job was not given out')
  const beats = 100
  const took = await plane.during(async () => {
    for (let beat = 0; beat < beats; beat++) {
      api.wait(30_000)
      const body = { epoch: job.epoch, progress: { ...progress, bytesDone: beat } }
      await call('asGateway', 'POST', `/v1/jobs/${job.jobId}/heartbeat`, body)
    }
  })
  return each(took, beats)
}
