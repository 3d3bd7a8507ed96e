import { ulidMaker } from '#core/ids.ts'
import { forgetPoint } from '#core/points/forget.ts'
import { confirmRepository } from '#core/points/repository-id.ts'
import { markFound, markVanished } from '#core/points/vanished.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/**
 * Takes points out of the catalog that were deleted in good order, by whomever. One that is neither there nor deleted so stays in the catalog and is
 * told of: the catalog is what remembers points that somebody hides (docs/repository-format.md, section 12).
 */
export const gonePoints =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ params, body }: RouteCall<'gonePoints'>): Promise<RouteReply<'gonePoints'>> => {
    await confirmRepository(catalog, params.repositoryId)
    const newId = ulidMaker({ clock, random })
    for (const pointId of body.deleted) await forgetPoint(catalog, pointId)
    await markVanished(catalog, body.vanished, { newId, at: clock.now() })
    await markFound(catalog, body.found)
    return { accepted: true }
  }

export const handler = httpHandler('gonePoints', gonePoints)
