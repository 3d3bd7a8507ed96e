import { listApiTokens } from '#core/tokens/token.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const listTokens =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listTokens'>): Promise<RouteReply<'listTokens'>> => {
    const { limit = 100, after } = query
    return listApiTokens(catalog, { limit, ...(after === undefined ? {} : { after }) })
  }

export const handler = httpHandler('listTokens', listTokens)
