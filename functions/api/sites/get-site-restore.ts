import { knownSteps, statesOf, viewRestore, viewStep } from '#core/sites/site-restore-view.ts'
import { readSiteRestore, readSiteSteps } from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { pageOf } from '../../sites/page-of.ts'

/** How a restore of a site stands: what is done is known from its runs, each time anew. */
export const getSiteRestore =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, query }: RouteCall<'getSiteRestore'>): Promise<RouteReply<'getSiteRestore'>> => {
    const restore = (await readSiteRestore(catalog, params.restoreId)).value
    const stored = (await readSiteSteps(catalog, params.restoreId)).map(item => item.value)
    const steps = await knownSteps(catalog, stored)
    const states = statesOf(steps)
    const { items, next } = pageOf(steps, query)
    return {
      restore: viewRestore(restore, steps),
      steps: items.map(step => viewStep(step, states)),
      ...(next !== undefined && { next }),
    }
  }

export const handler = httpHandler('getSiteRestore', getSiteRestore)
