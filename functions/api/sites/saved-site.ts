import type { SiteView } from '#core/contracts/sites-api.ts'
import type { CatalogItem } from '#core/ports.ts'
import { siteUuid } from '#core/sites/site-uuid.ts'
import type { StoredSite } from '#core/sites/sites-catalog.ts'

/** A site as it was just saved: the answer is written with it. @param before as it was looked at then; of a new one nothing */
export const savedSite = (
  { value: { siteId, site, changed, changedBy }, version }: CatalogItem<StoredSite>,
  before?: SiteView,
): SiteView => ({
  ...before,
  siteId,
  siteUuid: siteUuid(siteId),
  site,
  version,
  changed,
  changedBy: changedBy.slice(0, 200),
  policies: before?.policies ?? [],
})
