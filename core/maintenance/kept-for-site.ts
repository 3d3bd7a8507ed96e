import { queryAll } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { PointSummary } from '../contracts/points.ts'
import type { ProtectedVm } from '../points/points-catalog.ts'
import type { Catalog } from '../ports.ts'
import { quoted } from '../runs/explain.ts'
import { siteUuid } from '../sites/site-uuid.ts'

/** The runs whose site points are there: why the members that they made stay, by run. */
export type SiteRuns = ReadonlyMap<string, string>

/**
 * A site point is worth what its members are: none of them expires while it is there. They follow it when it is gone.
 * @param uuids of sites
 */
const siteRunsOf = async (catalog: Catalog, uuids: readonly string[]): Promise<SiteRuns> => {
  const runs = new Map<string, string>()
  for (const uuid of uuids)
    for await (const { value } of queryAll<PointSummary>(catalog, keys.vmPoint(uuid, '').pk))
      if (value.site && value.vanished === undefined)
        for (const runId of [value.site.runId, ...(value.site.alsoRuns ?? [])])
          runs.set(runId, whyOf(value))
  return runs
}

const whyOf = ({ vmName, taken }: PointSummary): string =>
  `It belongs to the site point of ${quoted(vmName)} of ${new Date(taken).toISOString().slice(0, 16).replace('T', ' ')} UTC, which is kept.`

/** Of all sites. @param marks of all that have points */
export const siteRuns = (catalog: Catalog, marks: readonly ProtectedVm[]): Promise<SiteRuns> =>
  siteRunsOf(
    catalog,
    marks.flatMap(({ uuid, newest }) => (newest.kind === 'site' ? [uuid] : [])),
  )

/** Of the sites that some points are members of. */
export const siteRunsFor = (catalog: Catalog, points: readonly PointSummary[]): Promise<SiteRuns> =>
  siteRunsOf(catalog, [
    ...new Set(
      points.flatMap(({ siteMember }) => (siteMember ? [siteUuid(siteMember.siteId)] : [])),
    ),
  ])

/** Why points stay as members of a site point, by their ids. */
export const keptForSite = (points: readonly PointSummary[], runs: SiteRuns): Map<string, string> =>
  new Map(
    points.flatMap(({ pointId, siteMember }) => {
      const why = siteMember && runs.get(siteMember.runId)
      return why === undefined ? [] : [[pointId, why] as const]
    }),
  )
