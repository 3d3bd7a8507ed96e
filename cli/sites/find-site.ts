import type { Client } from '#core/contracts/client.ts'
import type { SiteView } from '#core/contracts/sites-api.ts'
import { SiteNotFoundError } from '#core/errors/sites.ts'
import { nearNames } from '#core/inventory/resolve.ts'
import { listAll } from '../control-plane.ts'

/** The site of that name, capitals or not, or of that id. @throws `SITE_NOT_FOUND` */
export const findSite = async (client: Client, wanted: string): Promise<SiteView> => {
  const known = await listAll(client, 'listSites')
  const found = siteAmong(known, wanted)
  if (found) return found
  const names = known.map(({ site }) => site.name)
  throw new SiteNotFoundError(wanted, nearNames(names, wanted))
}

export const siteAmong = (known: readonly SiteView[], wanted: string): SiteView | undefined => {
  const folded = wanted.trim().toLowerCase()
  return known.find(
    ({ site, siteId }) => site.name.toLowerCase() === folded || siteId === wanted.toUpperCase(),
  )
}
