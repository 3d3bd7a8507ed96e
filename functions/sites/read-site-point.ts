import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { SitePointRecord } from '#core/contracts/site-point.ts'
import type { SiteRestorePlan } from '#core/contracts/site-restore-plan.ts'
import { NotASitePointError, SitePlanElsewhereError } from '#core/errors/sites.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import { readBriefs } from '#core/runs/jobs-catalog.ts'
import type { Run } from '#core/runs/run.ts'
import { factsOf, planFrom } from '#core/sites/sealed.ts'
import { readSitePlan, type SitePlan } from '#core/sites/site-plan.ts'
import { taskOutcome } from '#core/sites/task-outcome.ts'

interface ReadSitePoint {
  point: PointSummary
  site: SitePlan
  facts: SitePointRecord
  restorePlan: () => SiteRestorePlan
}

/**
 * What a site point names, from the run that made it.
 * @throws `POINT_NOT_FOUND`, `NOT_A_SITE_POINT`, `SITE_PLAN_ELSEWHERE` where the run is not in the catalog any more
 */
export const readSitePoint = async (catalog: Catalog, pointId: string): Promise<ReadSitePoint> => {
  const point = await readPoint(catalog, pointId)
  if (!point.site) throw new NotASitePointError(pointId)
  const { runId } = point.site
  const ref = (await catalog.get<Run>(keys.run(runId)))?.value.site
  const site = ref && (await readSitePlan(catalog, runId, ref))
  if (!site) throw new SitePlanElsewhereError(pointId)
  const outcomes = (await readBriefs(catalog, runId)).flatMap(job => taskOutcome(job) ?? [])
  const sealed = { ...site, outcomes }
  const facts = factsOf(sealed)
  return { point, site, facts, restorePlan: () => planFrom(sealed, facts) }
}
