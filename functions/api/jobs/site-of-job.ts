import { keys } from '#core/catalog/keys.ts'
import { EpochOutdatedError } from '#core/errors/control.ts'
import { SitePlanElsewhereError } from '#core/errors/sites.ts'
import type { Job } from '#core/runs/job.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { readSitePlanHead, readSitePlanPiece } from '#core/sites/site-plan.ts'
import { taskOutcome } from '#core/sites/task-outcome.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Jobs that one answer tells of: of 255 disks each they are some 200 KB to read, and 500 bytes to tell. */
const JOBS_AT_ONCE = 100

/**
 * Asked by the gateway that seals a site point: first the definition with the plan in pieces, then what became of each task. `after` is `g` and the number of a piece, or `j`
 * and the last job.
 */
export const siteOfJob =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body, caller }: RouteCall<'siteOfJob'>): Promise<RouteReply<'siteOfJob'>> => {
    const { value: job } = await readJob(catalog, params.jobId)
    const holds = job.lease?.gatewayId === caller.gatewayId && job.epoch === body.epoch
    if (!holds || job.state === 'finished' || job.spec.kind !== 'seal-site-point')
      throw new EpochOutdatedError(job.jobId)
    const { runId } = job
    const { site } = (await readRun(catalog, runId)).value
    if (!site) throw new SitePlanElsewhereError(job.jobId)
    const { after = 'g0' } = body
    if (after.startsWith('g')) {
      const page = Number(after.slice(1)) + 1
      const [definition, graph] = await Promise.all([
        page === 1 ? readSitePlanHead(catalog, runId, site) : undefined,
        readSitePlanPiece(catalog, runId, site, page),
      ])
      if (graph === undefined || (page === 1 && !definition))
        throw new SitePlanElsewhereError(job.jobId)
      const next = page < site.pages ? `g${page}` : 'j'
      return { runId, ...(definition && { definition }), graph, next }
    }
    const page = await catalog.query<Job>(keys.job(runId, '').pk, {
      limit: JOBS_AT_ONCE,
      ...(after.length > 1 && { after: after.slice(1) }),
    })
    const outcomes = page.items.flatMap(({ value }) => taskOutcome(value) ?? [])
    return { runId, outcomes, ...(page.next !== undefined && { next: `j${page.next}` }) }
  }

export const handler = httpHandler('siteOfJob', siteOfJob)
