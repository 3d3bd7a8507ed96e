import { RepositoryMismatchError } from '#core/errors/control.ts'
import { ulidMaker } from '#core/ids.ts'
import { unusualChangeWrites } from '#core/notifications/unusual-change.ts'
import { putPoint } from '#core/points/points-catalog.ts'
import { confirmRepository } from '#core/points/repository-id.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Enters points that were found in the repository: the catalog is a view of it. */
export const putPoints =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ params, body }: RouteCall<'putPoints'>): Promise<RouteReply<'putPoints'>> => {
    const { catalog, clock } = ports
    const { repositoryId } = params
    const foreign = body.points.find(point => point.repositoryId !== repositoryId)
    if (foreign) throw new RepositoryMismatchError(foreign.repositoryId, repositoryId)
    await confirmRepository(catalog, repositoryId)
    const at = { now: clock.now(), nextId: ulidMaker(ports) }
    // Oldest first: each is compared with those before it.
    for (const found of body.points.toSorted((a, b) => (a.pointId < b.pointId ? -1 : 1)))
      await putPoint(catalog, found, point => unusualChangeWrites(point, at))
    return { accepted: true }
  }

export const handler = httpHandler('putPoints', putPoints)
