import { keys } from '#core/catalog/keys.ts'
import type { GatewayView } from '#core/contracts/runs-api.ts'
import type { Gateway } from '#core/gateways/gateway.ts'
import { keySinceOf } from '#core/gateways/key-change.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import { gatewayProblems } from '#core/overview/gateways.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const listGateways =
  ({ catalog, clock, upSince }: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) =>
  async ({ query }: RouteCall<'listGateways'>): Promise<RouteReply<'listGateways'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Gateway>(keys.gateway('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const { gatewaySilentMinutes } = await readNotificationSettings(catalog)
    const healthy = { now: clock.now(), silentMs: gatewaySilentMinutes * 60_000, upSince }
    const items = page.items
      .filter(({ value }) => !value.revoked)
      .map(({ value }) => ({ ...viewOf(value), problems: problemsOf(value, healthy) }))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

const viewOf = (gateway: Gateway): GatewayView => {
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

const problemsOf = (gateway: Gateway, healthy: Parameters<typeof gatewayProblems>[1]): string[] =>
  gatewayProblems([gateway], healthy).map(({ text, advice }) => [text, advice].join(' ').trim())

export const handler = httpHandler('listGateways', listGateways)
