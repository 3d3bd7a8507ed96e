import { RepositoryMismatchError } from '#core/errors/control.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { confirmRepository } from '#core/points/repository-id.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Enters points that were found in the repository: the catalog is a view of it. */
export const putPoints =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'putPoints'>): Promise<RouteReply<'putPoints'>> => {
    const { repositoryId } = params
    const foreign = body.points.find(point => point.repositoryId !== repositoryId)
    if (foreign) throw new RepositoryMismatchError(foreign.repositoryId, repositoryId)
    await confirmRepository(catalog, repositoryId)
    for (const point of body.points) await putPoint(catalog, point)
    return { accepted: true }
  }

export const handler = httpHandler('putPoints', putPoints)
