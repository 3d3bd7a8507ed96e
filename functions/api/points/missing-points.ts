import { missingPoints as missingIn } from '#core/points/points-catalog.ts'
import { confirmRepository } from '#core/points/repository-id.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Which points of the repository the catalog does not know. */
export const missingPoints =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'missingPoints'>): Promise<RouteReply<'missingPoints'>> => {
    await confirmRepository(catalog, params.repositoryId)
    return { missing: await missingIn(catalog, body.pointIds) }
  }

export const handler = httpHandler('missingPoints', missingPoints)
