import { SiteInUseError } from '#core/errors/sites.ts'
import { readPolicies } from '#core/policies/policies-catalog.ts'
import { policiesOfSite } from '#core/sites/policies-of-site.ts'
import { readSiteAt, deleteSite as remove } from '#core/sites/sites-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Ends a site that no policy protects. */
export const deleteSite =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params,
    query,
    caller,
    settle,
  }: RouteCall<'deleteSite'>): Promise<RouteReply<'deleteSite'>> => {
    const found = await readSiteAt(catalog, params.siteId, query.version)
    const policies = (await readPolicies(catalog)).map(({ value }) => value.policy)
    const of = policiesOfSite(found.value, policies)
    if (of.length > 0)
      throw new SiteInUseError(
        found.value.site.name,
        of.map(({ name }) => name),
        'deleted',
      )
    const reply = {
      siteId: params.siteId,
      line: 'The site is not backed up as a whole any more. Its site points and their members stay, under the retention of the policies that made them.',
    }
    await remove(catalog, found, { by: caller.name, at: clock.now() }, () =>
      settle ? [settle(reply)] : [],
    )
    return reply
  }

export const handler = httpHandler('deleteSite', deleteSite)
