import { expect, test } from 'vitest'
import { memoryCatalog } from '#adapters/memory/catalog.ts'
import type { Region } from '#core/ports.ts'
import { regionGate } from '#core/region/gate.ts'
import { openRuns } from '#core/runs/runs-catalog.ts'
import { tendMaintenance } from '#functions/events/tend-maintenance.ts'
import { tendRuns } from '#functions/events/tend-runs.ts'
import { NOON } from '#test/support/call-api.ts'
import { maintainedSite, verified } from '#test/support/maintained-site.ts'

const FIRST = 'eu-central-1'
const SECOND = 'eu-west-1'
const HOUR = 3_600_000

/** One control plane that stands in the first region, and after `takeOver` in the second one. */
const site = async () => {
  const catalog = memoryCatalog()
  const random = { bytes: (size: number) => crypto.getRandomValues(new Uint8Array(size)) }
  const clock = { now: () => NOON }
  const gateIn = (here: string) => {
    const others = [FIRST, SECOND].filter(name => name !== here)
    return regionGate({ catalog, clock, random, setup: { here, first: FIRST, others } })
  }
  let now = gateIn(FIRST)
  const region: Region = {
    get setup() {
      return now.setup
    },
    view: () => now.view(),
    guardActive: () => now.guardActive(),
    guardEpoch: () => Promise.resolve(),
    giveSign: () => Promise.resolve(),
    takeOver: asked => now.takeOver(asked),
  }
  const moveTo = async (here: string) => {
    now = gateIn(here)
    await now.takeOver({ by: 'ada' })
  }
  return { ...(await maintainedSite({ catalog, region })), moveTo }
}

test('in a region that has taken over nobody has garbage collected; verification goes on, and the rest when people are back', async () => {
  const { api, start, next, tell, ended, moveTo } = await site()
  const look = () => tendMaintenance(api.ports)()
  await look()
  await moveTo(SECOND)
  for (const steps of [['retention', 'collect', 'verify'], ['collect'], ['retention']])
    expect(await start({ steps }), String(steps)).toMatchObject({
      status: 409,
      json: {
        code: 'NOT_REMOVED_HERE',
        message: expect.stringContaining('no garbage is collected in eu-west-1'),
      },
    })
  api.wait(3 * HOUR)
  expect(await look()).toMatchObject({ begun: true })
  const [run] = await openRuns(api.ports.catalog)
  const job = await next()
  expect(job.spec.kind).toBe('verify-repository')
  await tell(job, verified())
  expect(await ended(run?.runId ?? '')).toMatchObject({ state: 'succeeded' })

  await moveTo(FIRST)
  api.wait(24 * HOUR)
  expect(await look()).toMatchObject({ begun: true })
  expect((await next()).spec.kind).toBe('collect-garbage')
})

test('a run that was open at the take-over goes on without what it would have removed', async () => {
  const { api, start, next, tell, see, ended, moveTo, addPoint, addPolicy } = await site()
  const policyId = await addPolicy({ last: 1 })
  for (const daysAgo of [9, 8, 1]) await addPoint(daysAgo, { policyId })
  const runId = String((await start()).json.runId)
  await expect.poll(async () => (await see(runId)).jobs.length).toBe(3)
  await moveTo(SECOND)
  await tendRuns(api.ports)()
  const job = await next()
  expect(job.spec.kind).toBe('verify-repository')
  await tell(job, verified())
  await ended(runId)
  const jobs = (await see(runId)).jobs.map(({ spec, outcome }) => [spec.kind, outcome])
  const skipped = {
    status: 'skipped',
    reason: expect.stringContaining('no garbage is collected in eu-west-1'),
  }
  expect(jobs).toEqual([
    ['remove-points', skipped],
    ['collect-garbage', skipped],
    ['verify-repository', expect.objectContaining({ status: 'verified' })],
  ])
})

test('in a region that has taken over the other bucket is compared where somebody asks for it, and not by itself', async () => {
  const { api, start, next, moveTo } = await site()
  api.ports.secondCopy = { address: 's3://first/vms', region: FIRST }
  const look = () => tendMaintenance(api.ports)()
  await look()
  await moveTo(SECOND)
  expect((await start({ steps: ['compare'] })).status).toBe(200)
  expect((await next()).spec).toEqual({ kind: 'compare-replica' })
})
