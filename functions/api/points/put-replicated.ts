import { confirmRepository } from '#core/points/repository-id.ts'
import { putReplicated as put } from '#core/replicated/replicated-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Enters which points could be restored from the second copy of the repository alone. */
export const putReplicated =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'putReplicated'>): Promise<RouteReply<'putReplicated'>> => {
    await confirmRepository(catalog, params.repositoryId)
    await put(catalog, body)
    return { accepted: true }
  }

export const handler = httpHandler('putReplicated', putReplicated)
