import { expect, test } from 'vitest'
import { deletePolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog, CatalogKey } from '#core/ports.ts'
import type { Job } from '#core/runs/job.ts'
import { finishJob } from '#core/runs/job.ts'
import { changeJob, readJobs } from '#core/runs/jobs-catalog.ts'
import { changeRun, readRun } from '#core/runs/runs-catalog.ts'
import { readTally } from '#core/runs/tally.ts'
import { listRuns } from '#functions/api/runs/list-runs.ts'
import { dispatchToGateway } from '#functions/workflow/dispatch-job.ts'
import { planRun } from '#functions/workflow/plan-run.ts'
import { recordJobFailure } from '#functions/workflow/record-job-failure.ts'
import { reportRun } from '#functions/workflow/report-run.ts'
import { LARGE_RUN, largePolicy } from '#test/support/large-policy.ts'

const input = { runId: LARGE_RUN, attempt: 1 }
const failed = {
  status: 'failed',
  problem: { code: 'SR_FULL', message: 'The SR is full.', advice: 'Make room.', retryable: false },
} as const

const planned = async (vmsPerPool: number) => {
  const site = await largePolicy({ vmsPerPool })
  const plan = await planRun(site.ports)(input)
  const end = (job: Job, outcome: NonNullable<Job['outcome']>) =>
    changeJob(site.ports.catalog, job.jobId, open => finishJob(open, outcome, 1))
  return { ...site, plan, end, jobs: await readJobs(site.ports.catalog, LARGE_RUN) }
}

const lineOf = async ({ ports }: Awaited<ReturnType<typeof planned>>) => {
  const { items } = await listRuns(ports)({ query: {} } as never)
  return items[0]?.line
}

test('pools take turns in the list of a run', async () => {
  const { plan, jobs } = await planned(3)
  const poolOf = new Map(
    jobs.map(({ jobId, spec }) => [jobId, 'poolUuid' in spec ? spec.poolUuid : '']),
  )
  const pools = ('items' in plan ? plan.items : []).map(({ jobId }) => poolOf.get(jobId))
  expect(pools.length).toBe(12)
  for (const turn of [0, 4, 8]) expect(new Set(pools.slice(turn, turn + 4)).size).toBe(4)
})

test('the jobs of a large run are counted as they end, each once, also when many end at the same moment', async () => {
  const site = await planned(60) // 240 jobs
  const { jobs, end, ports } = site
  expect(await lineOf(site)).toBe('0 of 240 backed up, 240 open.')
  await Promise.all(
    jobs.slice(0, 100).map(job => end(job, { status: 'skipped', reason: 'It is a template.' })),
  )
  await end(jobs[0] as Job, failed) // has its outcome and keeps it
  await end(jobs[100] as Job, failed)
  expect(await readTally(ports.catalog, LARGE_RUN)).toMatchObject({
    failed: 1,
    skipped: 100,
    good: 0,
  })
  expect(await lineOf(site)).toMatch(/^0 of 240 backed up, 1 failed, 100 skipped, 139 open\. "vm-/)
  expect(await lineOf(site)).toMatch(/ · and 98 more$/)
})

test('the verdict of a large run is that of its jobs', async () => {
  const { jobs, end, ports } = await planned(60)
  for (const job of jobs.slice(1))
    await end(job, { status: 'skipped', reason: 'It is a template.' })
  const end1 = await reportRun(ports)(input)
  expect(end1).toEqual({ runId: LARGE_RUN })
  const { value } = await readRun(ports.catalog, LARGE_RUN)
  expect(value.state).toBe('warning')
  expect(value.line).toMatch(/^0 of 240 VMs backed up, 1 failed, 239 skipped\. /)
})

test('a policy that is gone when its run is planned ends the run with just that', async () => {
  const { ports, policyId } = await largePolicy({ vmsPerPool: 1 })
  await deletePolicy(ports.catalog, policyId, 1, { by: 'someone', at: 2 })
  expect(await planRun(ports)(input)).toMatchObject({ jobs: 0, items: [] })
  expect((await readRun(ports.catalog, LARGE_RUN)).value).toMatchObject({
    state: 'failed',
    problem: { code: 'POLICY_NOT_FOUND' },
  })
})

test('no VM is left out where a page of the list of jobs is not there yet, as between regions', async () => {
  const { ports } = await largePolicy({ vmsPerPool: 200 })
  let hidden: CatalogKey | undefined
  const catalog: Catalog = {
    ...ports.catalog,
    query: async <T>(pk: string, options = {}) => {
      const page = await ports.catalog.query<T>(pk, options)
      if (!pk.startsWith('LISTS#')) return page
      hidden = page.items.at(-1)
      return { items: page.items.slice(0, -1) }
    },
  }
  await expect(planRun({ ...ports, catalog })(input)).rejects.toMatchObject({
    code: 'CATALOG_UNAVAILABLE',
    message: 'The catalog did not tell all jobs of this run yet.',
  })
  expect(hidden).toBeDefined()
  expect(await planRun(ports)(input)).toMatchObject({ jobs: 800 })
  expect((await readRun(ports.catalog, LARGE_RUN)).value.request).toBeUndefined()
})

test('a run that is cancelled before it is planned makes no job', async () => {
  const { ports } = await largePolicy({ vmsPerPool: 1 })
  await changeRun(ports.catalog, LARGE_RUN, run => ({ ...run, cancelRequested: true }))
  expect(await planRun(ports)(input)).toMatchObject({ jobs: 0 })
  expect((await readRun(ports.catalog, LARGE_RUN)).value).toMatchObject({
    state: 'cancelled',
    line: 'cancelled before any job was begun',
  })
  expect(await readJobs(ports.catalog, LARGE_RUN)).toEqual([])
})

test('a job of a cancelled large run ends when its turn comes', async () => {
  const { ports, jobs } = await planned(60)
  await changeRun(ports.catalog, LARGE_RUN, run => ({ ...run, cancelRequested: true }))
  const { jobId = '' } = jobs[0] ?? {}
  await dispatchToGateway(ports)({ ...input, jobId, taskToken: 'token' })
  const [job] = await readJobs(ports.catalog, LARGE_RUN)
  expect(job).toMatchObject({ state: 'finished', outcome: { status: 'cancelled' } })
})

test('what an earlier execution of a run still does counts no more', async () => {
  const { ports, jobs } = await planned(2)
  await changeRun(ports.catalog, LARGE_RUN, run => ({ ...run, attempt: 2 }))
  const { jobId = '' } = jobs[0] ?? {}
  const told: string[] = []
  const workflow = { ...ports.workflow, succeedTask: async (token: string) => told.push(token) > 0 }
  await dispatchToGateway({ ...ports, workflow })({ ...input, jobId, taskToken: 'old' })
  await recordJobFailure(ports)({ ...input, jobId, error: { Error: 'States.Timeout' } })
  await reportRun(ports)({ ...input, error: { Error: 'States.Timeout' } })
  expect(await planRun(ports)(input)).toMatchObject({ jobs: 0, items: [] })
  expect(told).toEqual(['old'])
  expect((await readRun(ports.catalog, LARGE_RUN)).value.state).toBe('running')
  const [job] = await readJobs(ports.catalog, LARGE_RUN)
  expect(job).toMatchObject({ state: 'queued' })
  expect(job?.taskToken).toBeUndefined()
})
