import type { SiteGuest } from '#core/contracts/site-guest.ts'
import type { Catalog } from '#core/ports.ts'
import { readSiteGuests } from '#core/sites/site-guests.ts'
import { recipes } from '#recipes/index.ts'

/** The guests that a site may name, with the recipes that come with the product. */
export const knownSiteGuests = (catalog: Catalog): Promise<SiteGuest[]> =>
  readSiteGuests(catalog, recipes)
