import { ulidMaker } from '#core/ids.ts'
import { createSiteRestore } from '#core/sites/site-restores-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { readSitePoint } from '../../sites/read-site-point.ts'

/** Takes the plan of a site point as it is made today, step by step; nothing is begun yet. */
export const startSiteRestore =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({
    body: { pointId },
    caller,
    settle,
  }: RouteCall<'startSiteRestore'>): Promise<RouteReply<'startSiteRestore'>> => {
    const { point, site, restorePlan } = await readSitePoint(catalog, pointId)
    const { notes, steps } = restorePlan()
    const restoreId = ulidMaker({ clock, random })()
    await createSiteRestore(
      catalog,
      {
        ...{ restoreId, siteId: site.siteId, siteName: site.definition.name, pointId },
        ...{ taken: point.taken, started: clock.now(), startedBy: caller.name },
        ...{ steps: steps.length, notes },
      },
      steps.map((step, index) => ({ number: index + 1, step, log: [] })),
      settle ? [settle({ restoreId })] : [],
    )
    return { restoreId }
  }

export const handler = httpHandler('startSiteRestore', startSiteRestore)
