import { keys } from '#core/catalog/keys.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { keySinceOf } from '#core/gateways/key-change.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const listGateways =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listGateways'>): Promise<RouteReply<'listGateways'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Gateway>(keys.gateway('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const items = page.items.filter(({ value }) => !value.revoked).map(({ value }) => viewOf(value))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

const viewOf = (gateway: Gateway) => {
  const { gatewayId, name, enrolled, lastSeen, pools, unreachable, maintenance, newKeyAsked } =
    gateway
  return {
    ...{ gatewayId, name, enrolled, pools, keySince: keySinceOf(gateway) },
    ...(lastSeen !== undefined && { lastSeen }),
    ...(unreachable && { unreachable }),
    ...(maintenance && { maintenance }),
    ...(newKeyAsked !== undefined && { newKeyAsked }),
  }
}

export const handler = httpHandler('listGateways', listGateways)
