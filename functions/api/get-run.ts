import { readGateways } from '#core/gateways/gateway.ts'
import { readJobs } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { viewJob, viewRun } from '#core/runs/views.ts'
import type { RouteCall, RouteReply } from '../middleware/route-call.ts'
import type { Ports } from '../ports.ts'
import { httpHandler } from '../runtime.ts'

/** One run with its jobs, in the order they were asked for. */
export const getRun =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params }: RouteCall<'getRun'>): Promise<RouteReply<'getRun'>> => {
    // The run is read first: where it says that it has ended, so do the jobs read after it.
    const run = (await readRun(catalog, params.runId)).value
    const [jobs, gateways] = await Promise.all([
      readJobs(catalog, params.runId),
      readGateways(catalog),
    ])
    const now = clock.now()
    return {
      run: viewRun(run, jobs, gateways, now),
      jobs: jobs.map(job => viewJob(job, gateways, now)),
    }
  }

export const handler = httpHandler('getRun', getRun)
