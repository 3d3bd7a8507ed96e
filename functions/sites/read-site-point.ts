import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { SitePointRecord } from '#core/contracts/site-point.ts'
import type { SiteRestorePlan } from '#core/contracts/site-restore-plan.ts'
import { NotASitePointError, SitePlanElsewhereError } from '#core/errors/sites.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { restorePlan } from '#core/site/restore-plan.ts'
import { factsOf, planFrom } from '#core/sites/sealed.ts'
import { readSitePlan, type SitePlan } from '#core/sites/site-plan.ts'
import { readTaskOutcomes, runsOfSite } from '#core/sites/task-outcomes.ts'
import { readToldPlan } from '#core/sites/told-plan.ts'

interface ReadSitePoint {
  point: PointSummary
  site: SitePlan
  facts: SitePointRecord
  restorePlan: () => SiteRestorePlan
}

/**
 * What a site point names, from the run that made it, or as a gateway read it in the repository.
 * @throws `POINT_NOT_FOUND`, `NOT_A_SITE_POINT`, `SITE_PLAN_ELSEWHERE` where the run is not in the catalog any more and no gateway told
 */
export const readSitePoint = async (catalog: Catalog, pointId: string): Promise<ReadSitePoint> => {
  const point = await readPoint(catalog, pointId)
  if (!point.site) throw new NotASitePointError(pointId)
  const { runId } = point.site
  const run = (await catalog.get<Run>(keys.run(runId)))?.value
  const ref = run?.site
  const site = ref && (await readSitePlan(catalog, runId, ref))
  if (!site) return { point, ...(await asTold(catalog, pointId)) }
  const outcomes = await readTaskOutcomes(catalog, runsOfSite({ runId, site: ref }))
  const sealed = { ...site, outcomes }
  const facts = factsOf(sealed)
  return { point, site, facts, restorePlan: () => planFrom(sealed, facts) }
}

const asTold = async (catalog: Catalog, pointId: string): Promise<Omit<ReadSitePoint, 'point'>> => {
  const told = await readToldPlan(catalog, pointId)
  if (!told) throw new SitePlanElsewhereError(pointId)
  const { siteId, definition, graph, record } = told
  return {
    site: { siteId, definition, graph },
    facts: record,
    restorePlan: () => restorePlan(definition, graph, record),
  }
}
