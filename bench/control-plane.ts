import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
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
import { type CountedPlane, countedPlane } from './control-plane/counted-plane.ts'
import { measureJob } from './scale/measure-job.ts'

/*
 * What does the control plane ask of AWS: for a gateway that has nothing to do, for a heartbeat, for a backup, for a run? The handlers of the
 * product, its state machines and a scripted gateway run in this process; every call, capacity unit and transition is counted. The figures are
 * what docs/cost.md and "xenkeep cost" reckon with.
 */

const HELP = `npm run bench:control-plane [-- OPTIONS]
  --vms N    VMs of the run that is looked at (default 50)
  --write    keeps the counts in core/costs/counted-DATE.ts
  --json     one JSON document`

const { values } = parseArgs({
  options: {
    vms: { type: 'string', default: '50' },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const FILE = 'core/costs/counted-2026-11-23.ts'
const INSTANCE = '01J000000000000000000000PA'

interface Leased {
  jobs: { jobId: string; epoch: number; spec: Parameters<typeof backedUp>[1] }[]
}

/** Does the jobs of one run as a gateway of four slots would, without any time in between. */
const driven = async (plane: CountedPlane, vms: number) => {
  const { api, call } = plane
  const names = Array.from({ length: vms }, (_, index) => `vm ${index + 1}`)
  const lease = (freeSlots: number, holding: string[] = []) =>
    call('asGateway', 'POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
      instance: INSTANCE,
      freeSlots,
      pools: [POOL],
      holding,
    }) as Promise<unknown> as Promise<Leased>
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

const count = async (vms: number): Promise<Counts> => {
  const plane = await countedPlane()
  await inventory(plane, 50)()
  plane.api.wait(5 * 60_000)
  const told = await plane.during(inventory(plane, 50))

  await inventory(plane, vms)()
  // An idle gateway polls each 20 s; over ten minutes what is written now and then, and what sweeps up, has its part.
  const [gatewayId, polls] = [plane.api.gateway.gatewayId, 1_000]
  const idle = await plane.during(async () => {
    for (let poll = 0; poll < polls; poll++) {
      plane.api.wait(20_000)
      await plane.call('asGateway', 'POST', `/v1/gateways/${gatewayId}/lease`, {
        ...{ instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] },
      })
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
  const { ports, gateway } = plane.api
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
      await plane.call('asGateway', 'POST', `/v1/gateways/${gateway.gatewayId}/lease`, {
        ...{ instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] },
      })
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
  const { jobs } = (await call('asGateway', 'POST', `/v1/gateways/${api.gateway.gatewayId}/lease`, {
    ...{ instance: INSTANCE, freeSlots: 4, pools: [POOL], holding: [] },
  })) as unknown as Leased
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

const table = (counts: Counts): string => {
  const row = (name: string, calls: Calls) =>
    [name.padEnd(30), ...Object.values(calls).map(value => String(value).padStart(12))].join('')
  const rows = [
    row('poll of an idle gateway', counts.idlePoll),
    row('poll of a busy one', counts.busyPoll),
    row('heartbeat', counts.heartbeat),
    row('inventory of 50 VMs', counts.inventory),
    row('backup of one VM', counts.backup),
    row('run', counts.run),
    ...TICK_NAMES.map(name => row(`${name}, each ${TICKS[name]} min`, counts.ticks[name])),
  ]
  const head = ['', ...Object.keys(counts.idlePoll)]
  return [
    head[0]?.padEnd(30) +
      head
        .slice(1)
        .map(name => name.padStart(12))
        .join(''),
    ...rows,
    `a backup leaves ${counts.backupBytes} bytes in the catalog; calls of the store, packs left out: ${JSON.stringify(counts.store)}`,
  ].join('\n')
}

if (values.help) console.log(HELP)
else {
  const counts = await count(Number(values.vms))
  console.log(values.json ? JSON.stringify(counts) : table(counts))
  if (values.write) {
    const text = `import type { Counts } from './counts.ts'

/** Written by \`npm run bench:control-plane -- --write\`; do not change by hand. */
export const counted: Counts = ${JSON.stringify(counts, null, 2)}
`
    await writeFile(FILE, text)
  }
  process.exit() // a job that waits for its gateway would wait for five minutes more
}
