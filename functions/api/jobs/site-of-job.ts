import { keys } from '#core/catalog/keys.ts'
import type { SiteTaskOutcome } from '#core/contracts/site-points.ts'
import { EpochOutdatedError } from '#core/errors/control.ts'
import { SitePlanElsewhereError } from '#core/errors/sites.ts'
import { missingPoints } from '#core/points/points-catalog.ts'
import type { Job } from '#core/runs/job.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { readSitePlanHead, readSitePlanPiece } from '#core/sites/site-plan.ts'
import { taskOutcome } from '#core/sites/task-outcome.ts'
import { runsOfSite } from '#core/sites/task-outcomes.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Jobs that one answer tells of: of 255 disks each they are some 200 KB to read, and 500 bytes to tell. */
const JOBS_AT_ONCE = 100

/**
 * Asked by the gateway that seals a site point: first the definition with the plan in pieces, then what became of each task, of runs before it first: what is told later of
 * a task counts. `after` is `g` and the number of a piece, or `j`, the place of a run and the last job.
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
      const next = page < site.pages ? `g${page}` : 'j0#'
      const also = page === 1 && site.takesFrom ? { alsoRuns: [...site.takesFrom] } : {}
      return { runId, ...also, ...(definition && { definition }), graph, next }
    }
    const [place = '0', last = ''] = after.slice(1).split('#')
    const runs = runsOfSite({ runId, site })
    const of = runs[Number(place)] ?? runId
    const page = await catalog.query<Job>(keys.job(of, '').pk, {
      limit: JOBS_AT_ONCE,
      ...(last !== '' && { after: last }),
    })
    const told = page.items.flatMap(({ value }) => taskOutcome(value) ?? [])
    const outcomes = of === runId ? told : await stillThere(catalog, told)
    const isLast = Number(place) >= runs.length - 1
    const next = page.next === undefined ? `j${Number(place) + 1}#` : `j${place}#${page.next}`
    return { runId, outcomes, ...((page.next !== undefined || !isLast) && { next }) }
  }

/** A member of a run before may have been deleted since. */
const stillThere = async (
  catalog: Ports['catalog'],
  outcomes: readonly SiteTaskOutcome[],
): Promise<SiteTaskOutcome[]> => {
  const ids = outcomes.flatMap(({ point }) => point?.pointId ?? [])
  const gone = new Set(await missingPoints(catalog, ids))
  return outcomes.map(({ point, ...outcome }) => {
    if (!point) return outcome
    return gone.has(point.pointId)
      ? { ...outcome, because: 'Its recovery point was deleted since.' }
      : { ...outcome, point }
  })
}

export const handler = httpHandler('siteOfJob', siteOfJob)
