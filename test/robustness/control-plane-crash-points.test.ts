import { ulid } from 'ulid'
import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { LeasedJob } from '#core/contracts/gateway-api.ts'
import type { Catalog } from '#core/ports.ts'
import { lease } from '#functions/api/gateways/lease.ts'
import { putInventory } from '#functions/api/inventory/put-inventory.ts'
import { heartbeat } from '#functions/api/jobs/heartbeat.ts'
import { result } from '#functions/api/jobs/result.ts'
import { getRun } from '#functions/api/runs/get-run.ts'
import { listRuns } from '#functions/api/runs/list-runs.ts'
import { startRun } from '#functions/api/runs/start-run.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { Died, type Instance, startInstance } from '#test/support/dying-instance.ts'
import { backedUp, POOL, poolOf, progress } from '#test/support/fake-gateway.ts'

/*
 * Motivation: a kill at a random moment rarely hits the short ones; here every moment between two writes of the catalog is hit.
 * Steps: a backup of two VMs on the synthesised machines, the real handlers and a catalog that dies after its nth write, for each n
 * until the whole run fits: from then on nothing answers any more, as in a process that is gone. A new instance starts on what was
 * written; gateway and person repeat what was not answered.
 * Pass: every run that the catalog knows ends, with the outcomes that the gateway told, all points entered and nothing left open.
 */

const GATEWAY = '01J000000000000000000000GW'

const caller = { gatewayId: GATEWAY }

/** The gateway and the person, who go on after each death where they were. */
const makeSite = () => {
  const instance = ulid()
  const held = new Map<string, { epoch: number; spec: Parameters<typeof backedUp>[1] }>()
  let asked = false

  const startOnce = async ({ ask, ports }: Instance) => {
    const { items } = await ask(listRuns(ports)({ query: {} } as never))
    if (asked || items.length > 0) return
    const body = { kind: 'backup' as const, vms: ['web01', 'db01'] }
    const person = { name: 'a person', role: 'operator' }
    await ask(startRun(ports)({ body, caller: person } as never))
    asked = true
  }

  const work = async ({ ask, ports }: Instance) => {
    const body = { instance, freeSlots: 2 - held.size, pools: [POOL], holding: [...held.keys()] }
    const { jobs } = await ask(
      lease(ports)({ params: caller, caller: { gateway: caller }, body } as never),
    )
    for (const { jobId, epoch, spec } of jobs.map(job => LeasedJob.parse(job)))
      held.set(jobId, { epoch, spec })
    for (const [jobId, { epoch, spec }] of held) {
      const params = { jobId }
      await ask(heartbeat(ports)({ params, caller, body: { epoch, progress } } as never))
      const outcome = backedUp(jobId, spec)
      await ask(result(ports)({ params, caller, body: { epoch, outcome } } as never))
      held.delete(jobId)
    }
  }

  return async (control: Instance) => {
    await startOnce(control)
    for (;;) {
      await work(control)
      const { items } = await control.ask(listRuns(control.ports)({ query: {} } as never))
      if (items.every(({ state }) => state !== 'running')) return
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }
}

const prepare = async () => {
  const catalog = memoryCatalog()
  const gateway = { gatewayId: GATEWAY, name: 'g', publicKey: '', enrolled: 0, pools: [] }
  const key = keys.gateway(GATEWAY)
  await catalog.write([{ kind: 'put', key, value: gateway, expect: 'absent' }])
  const body = { pools: [poolOf('web01', 'db01')] }
  const { ports } = startInstance(catalog, 1_000)
  await putInventory(ports)({ params: caller, body } as never)
  return catalog
}

const expectAllEnded = async (catalog: Catalog) => {
  const { ports } = startInstance(catalog, 0)
  const { items } = await listRuns(ports)({ query: {} } as never)
  expect(items.map(({ state }) => state)).toEqual(['succeeded'])
  const { jobs } = await getRun(ports)({ params: { runId: items[0]?.runId }, query: {} } as never)
  expect(jobs.map(({ outcome }) => outcome?.status)).toEqual(['backed-up', 'backed-up'])
  const left = async (pk: string) => (await catalog.query(pk)).items.map(({ sk }) => sk)
  expect(await left(keys.point('').pk)).toEqual(jobs.map(({ jobId }) => jobId))
  expect(await left(keys.openRun('').pk)).toEqual([])
  expect(await left(keys.openJob(POOL, '').pk)).toEqual([])
}

test('dead after any write, the next start brings the run to its end', async () => {
  let deaths = 0
  for (let budget = 0; ; budget++) {
    const catalog = await prepare()
    const site = makeSite()
    const first = startInstance(catalog, budget)
    const end = await site(first).catch((error: unknown) => error)
    if (!first.hasDied()) break
    expect(end).toBeInstanceOf(Died)
    deaths++

    const second = startInstance(catalog, 1_000)
    await tendRuns(second.ports)()
    await site(second)
    await expectAllEnded(catalog)
  }
  // Two jobs: made, dispatched, leased, told of twice, committed; and the run around them.
  expect(deaths).toBeGreaterThan(12)
}, 60_000)
