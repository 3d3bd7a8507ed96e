import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Tells who calls, and whether restores take another person. */
export const getCaller =
  ({ restoreApproval }: Pick<Ports, 'restoreApproval'>) =>
  async ({ caller }: RouteCall<'getCaller'>): Promise<RouteReply<'getCaller'>> => {
    const { name, role } = caller
    return { name, role, restoreApproval }
  }

export const handler = httpHandler('getCaller', getCaller)
