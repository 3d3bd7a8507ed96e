import { SiteInUseError } from '#core/errors/sites.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import { guardDefinition } from '#core/site/definition-problems.ts'
import { siteOfPolicy } from '#core/sites/policies-of-site.ts'
import { readSiteAt, replaceSite, type StoredSite, siteNamed } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { savedSite } from './saved-site.ts'
import { viewSite } from './site-view.ts'

/** Replaces a definition as a whole, unless somebody else has changed it since it was read. */
export const putSite =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params,
    body,
    caller,
    settle,
  }: RouteCall<'putSite'>): Promise<RouteReply<'putSite'>> => {
    guardDefinition(body.site)
    const found = await readSiteAt(catalog, params.siteId, body.version)
    await guardName(catalog, found.value, body.site.name)
    const before = await viewSite(catalog, found, await readPolicies(catalog))
    const change = { by: caller.name, at: clock.now(), text: body.text }
    const saved = await replaceSite(catalog, found, body.site, change, item =>
      settle ? [settle(savedSite(item, before))] : [],
    )
    return savedSite(saved, before)
  }

/** A policy that names a site by its name would not find it under another one. */
const guardName = async (catalog: Ports['catalog'], { siteId, site }: StoredSite, name: string) => {
  const renamed = [{ value: { siteId, site: { ...site, name } } }]
  const losing = (await readPolicies(catalog)).flatMap(({ value: { policy } }) => {
    const wanted = siteOfPolicy(policy)
    if (wanted === undefined || !siteNamed([{ value: { siteId, site } }], wanted)) return []
    return siteNamed(renamed, wanted) ? [] : [policy.name]
  })
  if (losing.length > 0) throw new SiteInUseError(site.name, losing, 'renamed')
}

export const handler = httpHandler('putSite', putSite)
