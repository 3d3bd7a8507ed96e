import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { httpHandler } from '../../runtime.ts'

/** Tells who calls. */
export const getCaller =
  () =>
  async ({ caller }: RouteCall<'getCaller'>): Promise<RouteReply<'getCaller'>> => {
    const { name, role } = caller
    return { name, role }
  }

export const handler = httpHandler('getCaller', getCaller)
