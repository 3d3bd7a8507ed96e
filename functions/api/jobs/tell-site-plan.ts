import { keys } from '#core/catalog/keys.ts'
import type { SiteDocument } from '#core/contracts/site-plan-recall.ts'
import { EpochOutdatedError } from '#core/errors/control.ts'
import { SiteNameTakenError } from '#core/errors/sites.ts'
import { missingPoints, readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { readJob } from '#core/runs/jobs-catalog.ts'
import { readRun } from '#core/runs/runs-catalog.ts'
import { createSite } from '#core/sites/sites-catalog.ts'
import { acceptToldPlan, keepToldPiece } from '#core/sites/told-plan.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Told by the gateway that reads the plan of a site point: each piece is kept, and with the last one the plan is taken over. A site that the catalog lost
 * as well is defined again as it was, under its id, so that its points are found.
 */
export const tellSitePlan =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params,
    body,
    caller,
  }: RouteCall<'tellSitePlan'>): Promise<RouteReply<'tellSitePlan'>> => {
    const { value: job } = await readJob(catalog, params.jobId)
    const { jobId, runId, spec, state, lease, epoch } = job
    const holds = lease?.gatewayId === caller.gatewayId && epoch === body.epoch
    if (!holds || state === 'finished' || spec.kind !== 'read-site-plan')
      throw new EpochOutdatedError(jobId)
    const { page, pages, text, rootHash } = body
    const point = await readPoint(catalog, spec.pointId)
    await keepToldPiece(catalog, point.pointId, { listId: jobId, page, text })
    if (page < pages) return {}
    const told = await acceptToldPlan(catalog, point, { listId: jobId, pages, rootHash })
    const { startedBy = 'somebody' } = (await readRun(catalog, runId)).value
    const by = `${startedBy.slice(0, 150)}, from a site point`
    const site = await defineAgain(catalog, told, { by, at: clock.now() })
    const ids = told.record.members.flatMap(member => member.point?.pointId ?? [])
    const missing = (await missingPoints(catalog, ids)).length
    return { missing, ...(site && { site }) }
  }

/** @returns nothing where the site is known, or was deleted by somebody */
const defineAgain = async (
  catalog: Catalog,
  { siteId, definition }: SiteDocument,
  change: { by: string; at: number },
): Promise<'defined' | 'name-taken' | undefined> => {
  if (await catalog.get(keys.site(siteId))) return undefined
  try {
    await createSite(catalog, siteId, definition, change)
    return 'defined'
  } catch (error) {
    if (error instanceof SiteNameTakenError) return 'name-taken'
    throw error
  }
}

export const handler = httpHandler('tellSitePlan', tellSitePlan)
