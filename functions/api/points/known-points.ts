import { keys } from '#core/catalog/keys.ts'
import type { PointSummary } from '#core/contracts/points.ts'
import { confirmRepository } from '#core/points/repository-id.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Points of one answer: each is read whole, 2 to 4 KB. */
const PAGE = 500

/** Which points the catalog believes to be in the repository. */
export const knownPoints =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'knownPoints'>): Promise<RouteReply<'knownPoints'>> => {
    await confirmRepository(catalog, params.repositoryId)
    const { items, next } = await catalog.query<PointSummary>(keys.point('').pk, {
      limit: PAGE,
      ...(body.after !== undefined && { after: body.after }),
    })
    return {
      pointIds: items.map(({ sk }) => sk),
      vanished: items
        .filter(({ value }) => value.vanished !== undefined)
        .map(({ value }) => value.pointId),
      ...(next !== undefined && { next }),
    }
  }

export const handler = httpHandler('knownPoints', knownPoints)
