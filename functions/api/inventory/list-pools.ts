import { keys } from '#core/catalog/keys.ts'
import type { Pool } from '#core/inventory/inventory.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** The pools with their hosts, storage repositories and networks. */
export const listPools =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listPools'>): Promise<RouteReply<'listPools'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Pool>(keys.pool('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const items = page.items.map(({ value: { gatewayId: _, ...pool } }) => pool)
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listPools', listPools)
