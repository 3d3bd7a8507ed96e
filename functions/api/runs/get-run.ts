import { keys } from '#core/catalog/keys.ts'
import { readGateways } from '#core/gateways/gateway.ts'
import type { Job } from '#core/runs/job.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { viewJob, viewRun } from '#core/runs/views.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Jobs of one answer, which has 6 MB at most (AWS Lambda); a job that has ended well takes 2 to 4 KB. */
const PAGE = 500

/** One run with its jobs, in the order they were asked for. */
export const getRun =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params: { runId }, query }: RouteCall<'getRun'>): Promise<RouteReply<'getRun'>> => {
    const { limit = PAGE, after } = query
    // The run is read first: where it says that it has ended, so do the jobs read after it.
    const run = (await readRun(catalog, runId)).value
    const [page, gateways] = await Promise.all([
      catalog.query<Job>(keys.job(runId, '').pk, {
        limit,
        ...(after === undefined ? {} : { after }),
      }),
      readGateways(catalog),
    ])
    const now = clock.now()
    const jobs = page.items.map(({ value }) => value)
    const isWhole = after === undefined && page.next === undefined
    // A run that has ended bears its line.
    const all = isWhole || run.state !== 'running' ? jobs : await readJobs(catalog, runId)
    return {
      run: viewRun(run, all, gateways, now),
      jobs: jobs.map(job => viewJob(job, gateways, now)),
      ...(page.next !== undefined && { next: page.next }),
    }
  }

export const handler = httpHandler('getRun', getRun)
