import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import { countingCatalog } from '#bench/control-plane/counting-catalog.ts'
import { keys } from '#core/catalog/keys.ts'
import { dispatchJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { backedUp } from '#test/support/fake-gateway.ts'
import { type Answer, largeSite } from '#test/support/large-site.ts'

/*
 * Motivation: what grows with the square of a run, or without bound, is not seen with two VMs.
 * Steps: a policy over the VMs of several pools, run for good by the synthesised machines and the handlers, with gateways that answer at once: to its end,
 * redriven in its middle, cancelled. `npm run bench:large-run` does the same with 10,000 VMs on SQLite.
 * Pass: each VM is backed up once, nothing is left open, twice the VMs cost twice the calls, and a look costs the same however large the run is.
 */

const POOLS = 4

const planned = async (vms: number) => {
  const counting = countingCatalog(memoryCatalog())
  const site = await largeSite(counting.catalog, { pools: POOLS, vmsPerPool: vms / POOLS })
  const runId = await site.start(await site.policy())
  await expect.poll(async () => (await site.see(runId)).line).toContain(` of ${vms} backed up`)
  return { ...site, ...counting, runId }
}

const expectNothingOpen = async (
  { api }: Awaited<ReturnType<typeof planned>>,
  pools: readonly string[],
) => {
  const { catalog } = api.ports
  for (const pk of [keys.openRun('').pk, ...pools.map(pool => keys.openJob(pool, '').pk)])
    expect((await catalog.query(pk)).items).toEqual([])
}

test('a run of 400 VMs does each once, and leaves nothing open; twice the VMs cost twice the calls', async () => {
  const costs: { writes: number; reads: number }[] = []
  for (const vms of [200 + POOLS, 400 + 2 * POOLS]) {
    const site = await planned(vms)
    const before = { ...site.counted }
    const done = new Map<string, number>()
    await site.work(site.runId, (jobId, spec) => {
      done.set(jobId, (done.get(jobId) ?? 0) + 1)
      return backedUp(jobId, spec)
    })
    expect([...done.values()]).toEqual(Array(vms).fill(1))
    expect(await site.see(site.runId)).toMatchObject({
      state: 'succeeded',
      line: `${vms} of ${vms} VMs backed up.`,
    })
    await expectNothingOpen(site, site.pools)
    costs.push({
      writes: (site.counted.writes - before.writes) / vms,
      reads: (site.counted.reads - before.reads) / vms,
    })
  }
  const [small, large] = costs
  expect(large?.writes).toBeLessThan((small?.writes ?? 0) * 1.2)
  expect(large?.reads).toBeLessThan((small?.reads ?? 0) * 1.2)
})

test('redriven in its middle, a run goes on with what is open, and does nothing twice', async () => {
  const site = await planned(240)
  const done = new Map<string, number>()
  const answer: Answer = (jobId, spec) => {
    done.set(jobId, (done.get(jobId) ?? 0) + 1)
    return backedUp(jobId, spec)
  }
  while (done.size < 100) {
    await site.turn(answer, { slots: 5 })
    await new Promise(resolve => setImmediate(resolve))
  }
  for (const attempt of [2, 3]) {
    const { json } = await site.api.asPerson('POST', `/v1/runs/${site.runId}/redrive`, {})
    expect(json).toEqual({ runId: site.runId, attempt })
  }
  await site.work(site.runId, answer)
  expect([...done.values()]).toEqual(Array(240).fill(1))
  expect(await site.see(site.runId)).toMatchObject({ state: 'succeeded' })
  await expectNothingOpen(site, site.pools)
})

test('cancelled in its middle, a run keeps what it has and begins nothing more', async () => {
  const site = await planned(240)
  let done = 0
  await site.turn(
    (jobId, spec) => {
      done++
      return backedUp(jobId, spec)
    },
    { slots: 5 },
  )
  await site.api.asPerson('POST', `/v1/runs/${site.runId}/cancel`, {})
  await expect.poll(() => site.stateOf(site.runId)).toBe('cancelled')
  const outcomes = (await readJobs(site.api.ports.catalog, site.runId)).map(
    ({ outcome }) => outcome?.status,
  )
  expect(outcomes.filter(status => status === 'backed-up').length).toBe(done)
  expect(outcomes.filter(status => status === 'cancelled').length).toBe(240 - done)
  await expectNothingOpen(site, site.pools)
})

test('a look at a large run, and at the list of runs, reads the same however large it is', async () => {
  const looks: number[] = []
  for (const vms of [240, 480]) {
    const site = await planned(vms)
    const before = site.counted.reads
    for (let look = 0; look < 5; look++) await site.see(site.runId)
    await site.api.asPerson('GET', '/v1/runs')
    looks.push(site.counted.reads - before)
  }
  expect(looks[1]).toBe(looks[0])
})

test('of jobs that take turns only those are read that were begun, however many wait', async () => {
  const { catalog, counted } = countingCatalog(memoryCatalog())
  const site = await largeSite(catalog, { pools: 1, vmsPerPool: 240 })
  const runId = await site.start(await site.policy('Few at once', { jobsAtOnce: 3 }))
  await expect.poll(async () => (await site.see(runId)).line).toContain('of 240 backed up')
  // As in the cloud, where up to 1,000 wait in a queue.
  for (const { jobId } of await readJobs(catalog, runId)) await dispatchJob(catalog, jobId, 'token')
  expect(await site.turn(() => undefined)).toBe(3)
  const before = counted.reads
  expect(await site.turn(() => undefined)).toBe(0)
  expect(counted.reads - before).toBeLessThan(60)
})
