import { NotASitePointError } from '#core/errors/sites.ts'
import { readPoint } from '#core/points/points-catalog.ts'
import { quoted } from '#core/runs/explain.ts'
import type { PlanRequest } from './plan.ts'

/** One job, for the repository: of the site there may be no pool any more. @throws `POINT_NOT_FOUND`, `NOT_A_SITE_POINT` */
export const planSitePlan: PlanRequest<'site-plan'> = async (catalog, { pointId }) => {
  const { site, vmUuid, vmName } = await readPoint(catalog, pointId)
  if (!site) throw new NotASitePointError(pointId)
  return {
    title: `the restore plan of the site ${quoted(vmName, 200)}`,
    specs: [{ kind: 'read-site-plan', pointId, vmUuid, vmName }],
  }
}
