import { releaseHold as release } from '#core/maintenance/holds.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Lets points be deleted again; nothing is deleted by it. Why is kept by the audit records. */
export const releaseHold =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ body }: RouteCall<'releaseHold'>): Promise<RouteReply<'releaseHold'>> => ({
    released: await release(catalog, body.on),
  })

export const handler = httpHandler('releaseHold', releaseHold)
