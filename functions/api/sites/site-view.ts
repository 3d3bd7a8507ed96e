import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import type { SiteView } from '#core/contracts/sites-api.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'
import type { Run } from '#core/runs/run.ts'
import { policiesOfSite } from '#core/sites/policies-of-site.ts'
import { siteUuid } from '#core/sites/site-uuid.ts'
import type { StoredSite } from '#core/sites/sites-catalog.ts'

/** A site as people see it. @param policies all that there are */
export const viewSite = async (
  catalog: Catalog,
  { value, version }: CatalogItem<StoredSite>,
  policies: readonly CatalogItem<StoredPolicy>[],
): Promise<SiteView> => {
  const { siteId, site, changed, changedBy, deleted } = value
  const of = policiesOfSite(
    value,
    policies.map(item => item.value.policy),
  )
  return {
    siteId,
    siteUuid: siteUuid(siteId),
    site,
    version,
    changed,
    changedBy: changedBy.slice(0, 200),
    policies: of.slice(0, 100).map(({ policyId, name, enabled }) => ({ policyId, name, enabled })),
    ...(await newestOf(catalog, siteUuid(siteId))),
    ...(await lastRunOf(
      catalog,
      of.map(({ policyId }) => policyId),
    )),
    ...(deleted && { deleted: { ...deleted, by: deleted.by.slice(0, 200) } }),
  }
}

const newestOf = async (catalog: Catalog, uuid: string): Promise<Pick<SiteView, 'newest'>> => {
  const [item] = (
    await catalog.query<PointSummary>(keys.vmPoint(uuid, '').pk, { descending: true, limit: 1 })
  ).items
  if (!item?.value.site) return {}
  const { pointId, taken, site } = item.value
  return { newest: { ...site, pointId, taken } }
}

const lastRunOf = async (
  catalog: Catalog,
  policyIds: readonly string[],
): Promise<Pick<SiteView, 'lastRun'>> => {
  const newest = { descending: true, limit: 1 }
  const named = await Promise.all(
    policyIds.map(policyId => catalog.query(keys.policyRun(policyId, '').pk, newest)),
  )
  const [runId] = named
    .flatMap(({ items }) => items.map(({ sk }) => sk))
    .sort()
    .reverse()
  // Between regions items arrive one by one: a run may be named before it is there.
  const run = runId === undefined ? undefined : await catalog.get<Run>(keys.run(runId))
  if (!run) return {}
  const { state, started, ended, line } = run.value
  return {
    lastRun: {
      ...{ runId: run.value.runId, state, started },
      ...(ended !== undefined && { ended }),
      ...(line !== undefined && { line: line.slice(0, 1_000) }),
    },
  }
}
