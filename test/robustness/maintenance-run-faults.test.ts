import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { LeasedJob } from '#core/contracts/gateway-api.ts'
import type { JobOutcome } from '#core/contracts/jobs.ts'
import { PolicyInput } from '#core/contracts/policies.ts'
import { readRepositoryState } from '#core/maintenance/state.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { lease } from '#functions/api/gateways/lease.ts'
import { confirmRemoval } from '#functions/api/jobs/confirm-removal.ts'
import { heartbeat } from '#functions/api/jobs/heartbeat.ts'
import { result } from '#functions/api/jobs/result.ts'
import { cancelRun } from '#functions/api/runs/cancel-run.ts'
import { getRun } from '#functions/api/runs/get-run.ts'
import { listRuns } from '#functions/api/runs/list-runs.ts'
import { redriveRun } from '#functions/api/runs/redrive-run.ts'
import { startRun } from '#functions/api/runs/start-run.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { Died, type Instance, startInstance } from '#test/support/dying-instance.ts'
import { pointOf, progress } from '#test/support/fake-gateway.ts'
import { collected, verified } from '#test/support/maintained-site.ts'

/*
 * Motivation: what is removed is gone. A run over the repository that is cut off at any moment must come to its end, do each of its steps or say why not, and
 * remove nothing for which leave was not given in the end.
 * Steps: 105 expired points of three VMs (two jobs of removal), a collection and a verification on the synthesised machines. The control plane dies behind its nth write, for
 * some n of each part and all of those at the beginning and the end; a second one goes on with what is written. Or the run is cancelled, redriven, or its execution stopped.
 * Pass: see `expectDone`.
 */

const GATEWAY = '01J000000000000000000000GW'
const POLICY = '01JD9W5R6D3S0Q6Z1B4W8TXY2K'
const VMS = 3
const EACH = 36
const caller = { gatewayId: GATEWAY }
type Leased = z.infer<typeof LeasedJob>
const person = { name: 'someone', role: 'administrator' as const }
const vmUuid = (vm: number) => `00000000-0000-4000-8000-${String(vm).padStart(12, '0')}`
const pointId = (vm: number, n: number) =>
  `01JD9W5R6D3S0Q6Z1B${String(vm).padStart(5, '0')}${String(n).padStart(3, '0')}`

const prepare = async () => {
  const catalog = memoryCatalog()
  const policy = {
    ...PolicyInput.parse({
      ...{ name: 'Nightly', selection: { include: [{ all: true }] }, retention: { last: 1 } },
    }),
    policyId: POLICY,
  }
  const gateway = {
    ...{ gatewayId: GATEWAY, name: 'g', publicKey: '', enrolled: 0, pools: [], maintenance: true },
  }
  await catalog.write([
    { kind: 'put', key: keys.policy(POLICY), value: { policy }, expect: 'absent' },
    { kind: 'put', key: keys.gateway(GATEWAY), value: gateway, expect: 'absent' },
  ])
  for (let vm = 1; vm <= VMS; vm++)
    for (let n = 0; n < EACH; n++) {
      const of = { vmUuid: vmUuid(vm), vmName: `vm ${vm}`, poolUuid: vmUuid(0) }
      await putPoint(catalog, { ...pointOf(pointId(vm, n), of), taken: n + 1, policyId: POLICY })
    }
  return catalog
}

/** The gateway and the person, who go on after each death where they were, and the repository. */
const makeSite = () => {
  const instance = ulid()
  const gone = new Set<string>()
  const leave = new Set<string>()
  const done: string[] = []
  const held = new Map<string, Leased>()
  /** Told again until it is answered. */
  const outcomes = new Map<string, JobOutcome>()
  let asked = false

  const startOnce = async ({ ask, ports }: Instance) => {
    const { items } = await ask(listRuns(ports)({ query: {} } as never))
    if (asked || items.length > 0) return
    const body = { kind: 'maintenance' as const, steps: ['retention', 'collect', 'verify'] }
    await ask(startRun(ports)({ body, caller: person } as never))
    asked = true
  }

  const remove = async ({ ask, ports }: Instance, job: Leased): Promise<JobOutcome> => {
    const report = { removed: [] as string[], absent: [], kept: [] as never[] }
    const { spec, jobId, epoch } = job
    for (const { pointId } of spec.kind === 'remove-points' ? spec.points : []) {
      const params = { jobId }
      const answer = await ask(
        confirmRemoval(ports)({ params, caller, body: { epoch, pointId } } as never),
      )
      if (!answer.remove) {
        report.kept.push({ pointId, because: answer.because } as never)
        continue
      }
      leave.add(pointId)
      gone.add(pointId)
      report.removed.push(pointId)
    }
    return { status: 'points-removed', report }
  }

  /** What there is to do just now. @param only so many jobs */
  const work = async (control: Instance, only = Number.POSITIVE_INFINITY) => {
    const { ask, ports } = control
    const body = { instance, freeSlots: 2 - held.size, pools: [], holding: [...held.keys()] }
    const { jobs } = await ask(
      lease(ports)({ params: caller, caller: { gateway: caller }, body } as never),
    )
    for (const job of jobs.map(job => LeasedJob.parse(job))) held.set(job.jobId, job)
    for (const job of [...held.values()].slice(0, only)) {
      const { jobId, epoch, spec } = job
      const params = { jobId }
      await ask(heartbeat(ports)({ params, caller, body: { epoch, progress } } as never))
      const outcome =
        outcomes.get(jobId) ??
        (spec.kind === 'remove-points'
          ? await remove(control, job)
          : spec.kind === 'collect-garbage'
            ? collected()
            : verified())
      outcomes.set(jobId, outcome)
      await ask(result(ports)({ params, caller, body: { epoch, outcome } } as never))
      held.delete(jobId)
      done.push(spec.kind)
    }
  }

  const untilEnded = async (control: Instance) => {
    await startOnce(control)
    for (;;) {
      await work(control)
      const { items } = await control.ask(listRuns(control.ports)({ query: {} } as never))
      if (items.every(({ state }) => state !== 'running')) return
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
  return { startOnce, work, untilEnded, gone, leave, done }
}
type Site = ReturnType<typeof makeSite>

const runIn = async (catalog: Catalog): Promise<Run> => {
  const [found] = (await catalog.query<Run>(keys.run('').pk)).items
  if (!found) throw new Error('There is no run.')
  return found.value
}

/** All steps done in their order and once, the newest points alone are there, nothing is left lying. */
const expectDone = async (catalog: Catalog, { gone, leave, done }: Site, state = 'succeeded') => {
  expect(await runIn(catalog)).toMatchObject({ kind: 'maintenance', state })
  expect([...gone].every(pointId => leave.has(pointId))).toBe(true)
  const left = async (pk: string) => (await catalog.query(pk)).items.map(({ sk }) => sk)
  const points = await left(keys.point('').pk)
  expect(points.filter(pointId => gone.has(pointId))).toEqual([])
  expect(points.length + gone.size).toBe(VMS * EACH)
  expect(await left(keys.openRun('').pk)).toEqual([])
  expect(await left(keys.openJob('repository', '').pk)).toEqual([])
  expect(await left(keys.removal('', '').pk)).toEqual([])
  if (state !== 'succeeded') return
  expect(points).toEqual([1, 2, 3].map(vm => pointId(vm, EACH - 1)))
  // A result that was told and not answered is told again.
  expect(done.filter((kind, index) => kind !== done[index - 1])).toEqual([
    'remove-points',
    'collect-garbage',
    'verify-repository',
  ])
  const { collection, verification } = await readRepositoryState(catalog)
  expect([collection?.report.at, verification?.report.damages]).toEqual([expect.any(Number), 0])
}

test('dead behind a write, the next control plane does what is left, and nothing twice', async () => {
  let deaths = 0
  for (let budget = 0; ; budget += budget < 16 ? 2 : 61) {
    const catalog = await prepare()
    const site = makeSite()
    const first = startInstance(catalog, budget)
    const end = await site.untilEnded(first).catch((error: unknown) => error)
    if (!first.hasDied()) {
      await expectDone(catalog, site)
      break
    }
    expect(end).toBeInstanceOf(Died)
    deaths++
    const second = startInstance(catalog, 100_000)
    await tendRuns(second.ports)()
    await site.untilEnded(second)
    await expectDone(catalog, site)
  }
  expect(deaths).toBeGreaterThan(10)
}, 60_000)

/** A run whose first removal is done. */
const half = async () => {
  const catalog = await prepare()
  const site = makeSite()
  const control = startInstance(catalog, 100_000)
  await site.startOnce(control)
  while (site.gone.size === 0) {
    await site.work(control, 1)
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  expect(site.gone.size).toBe(100)
  return { catalog, site, control, params: { runId: (await runIn(catalog)).runId } }
}

test('a run that is cancelled removes no more, and says what became of each step; the next run takes the rest', async () => {
  const { catalog, site, control, params } = await half()
  await cancelRun(control.ports)({ params, caller: person, body: {} } as never)
  await site.untilEnded(control)
  await expectDone(catalog, site, 'cancelled')
  expect(site.gone.size).toBe(100)
  const { jobs } = await getRun(control.ports)({ params, query: {} } as never)
  expect(jobs.map(({ outcome }) => outcome?.status)).toEqual([
    'points-removed',
    ...['cancelled', 'cancelled', 'cancelled'],
  ])
  const body = { kind: 'maintenance' as const, steps: ['retention'] }
  const { runId } = await startRun(control.ports)({ body, caller: person } as never)
  await site.untilEnded(control)
  const next = await getRun(control.ports)({ params: { runId }, query: {} } as never)
  expect(next.run).toMatchObject({ state: 'succeeded', title: '5 points expired' })
})

test('a run that is redriven, and one whose execution is stopped under it, goes on with its jobs as they stand', async () => {
  const redriven = await half()
  const { ports } = redriven.control
  await redriveRun(ports)({ params: redriven.params, caller: person } as never)
  await redriven.site.untilEnded(redriven.control)
  await expectDone(redriven.catalog, redriven.site)

  const stopped = await half()
  const { workflow } = stopped.control.ports
  await workflow.stop('Maintenance', `${stopped.params.runId}-1`, 'It took too long.')
  await new Promise(resolve => setTimeout(resolve, 20)) // it ends by and by
  await tendRuns(stopped.control.ports)()
  await stopped.site.untilEnded(stopped.control)
  await expectDone(stopped.catalog, stopped.site)
})
