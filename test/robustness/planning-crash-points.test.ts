import { expect, test } from 'vitest'
import { keys } from '#core/catalog/keys.ts'
import type { Catalog } from '#core/ports.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { limits } from '#core/runs/limits.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { planRun } from '#functions/workflow/plan-run.ts'
import { LARGE_RUN, largePolicy } from '#test/support/large-policy.ts'

/*
 * The plan of a large run is many writes. Whoever plans may die behind any of them, and may still be at work when another one begins. Passed when after all of
 * that each VM has just one job, the second plan lists them all, and nothing of the first one's lists is left.
 */

class Died extends Error {}

/** Does so many writes, then none any more. */
const mortal = (catalog: Catalog, writes: number): Catalog => {
  let left = writes
  return {
    ...catalog,
    write: async given => {
      if (left-- <= 0) throw new Died()
      return catalog.write(given)
    },
  }
}

const VMS = { pools: 3, vmsPerPool: 70 }
const ALL = VMS.pools * VMS.vmsPerPool

const expectPlanned = async (catalog: Catalog, listed: readonly { jobId: string }[]) => {
  const jobs = await readJobs(catalog, LARGE_RUN)
  expect(jobs.length).toBe(ALL)
  expect(new Set(jobs.map(({ spec }) => ('vmUuid' in spec ? spec.vmUuid : ''))).size).toBe(ALL)
  expect(new Set(listed.map(({ jobId }) => jobId))).toEqual(new Set(jobs.map(({ jobId }) => jobId)))
  const run = (await readRun(catalog, LARGE_RUN)).value
  expect(run).toMatchObject({ state: 'running', counted: { jobs: ALL } })
  expect(run.request).toBeUndefined()
}

const listsLeft = async (catalog: Catalog) =>
  (await catalog.query(keys.jobList(LARGE_RUN, '', 0).pk)).items.length

test('a plan that died behind any of its writes is gone on with, and makes each job once', async () => {
  expect(ALL).toBeGreaterThan(limits.jobsReadAtOnce)
  let deaths = 0
  for (let writes = 0; ; writes++) {
    const { ports } = await largePolicy(VMS)
    const dying = { ...ports, catalog: mortal(ports.catalog, writes) }
    const input = { runId: LARGE_RUN, attempt: 1 }
    const died = await planRun(dying)(input).then(
      () => false,
      (error: unknown) => error instanceof Died || String(error).includes('Died'),
    )
    const again = await planRun(ports)(input)
    await expectPlanned(ports.catalog, 'items' in again ? again.items : [])
    if (!died) break
    deaths++
  }
  expect(deaths).toBeGreaterThan(6) // page, name of the list, five times 50 jobs, end of the request, removal of the list
})

test('two who plan one run at once make each job once', async () => {
  const { ports } = await largePolicy(VMS)
  const input = { runId: LARGE_RUN, attempt: 1 }
  const plans = await Promise.all([planRun(ports)(input), planRun(ports)(input)])
  for (const plan of plans) await expectPlanned(ports.catalog, 'items' in plan ? plan.items : [])
  expect(await listsLeft(ports.catalog)).toBe(0)
})
