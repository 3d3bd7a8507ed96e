import { keys } from '#core/catalog/keys.ts'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { keySinceOf } from '#core/gateways/key-change.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import { type GatewayHealth, problemsOfGateway } from '#core/overview/gateways.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const listGateways =
  (ports: Health) =>
  async ({ query }: RouteCall<'listGateways'>): Promise<RouteReply<'listGateways'>> => {
    const { limit = 100, after } = query
    const page = await ports.catalog.query<Gateway>(keys.gateway('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const healthy = await healthRules(ports)
    const items = page.items
      .filter(({ value }) => !value.revoked && !value.guest)
      .map(({ value }) => viewGateway(value, healthy))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

type Health = Pick<Ports, 'catalog' | 'clock' | 'upSince'>

/** When a gateway is well, as the overview has it. */
export const healthRules = async ({ catalog, clock, upSince }: Health): Promise<GatewayHealth> => {
  const { gatewaySilentMinutes } = await readNotificationSettings(catalog)
  return { now: clock.now(), silentMs: gatewaySilentMinutes * 60_000, upSince }
}

export const viewGateway = (gateway: Gateway, healthy: GatewayHealth): GatewayView => {
  const { gatewayId, name, enrolled, lastSeen, pools, unreachable, maintenance, newKeyAsked } =
    gateway
  const { version } = gateway
  return {
    ...{ gatewayId, name, enrolled, pools, keySince: keySinceOf(gateway) },
    ...(lastSeen !== undefined && { lastSeen }),
    ...(unreachable && { unreachable }),
    ...(maintenance && { maintenance }),
    ...(newKeyAsked !== undefined && { newKeyAsked }),
    ...(version !== undefined && { version }),
    problems: problemsOfGateway(gateway, healthy).map(({ text, advice }) =>
      [text, advice].join(' ').trim(),
    ),
  }
}

export const handler = httpHandler('listGateways', listGateways)
