import { keys } from '#core/catalog/keys.ts'
import { type Delivery, endTry } from '#core/notifications/delivery.ts'
import { messagesFor } from '#core/notifications/gateway-messages.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** As many as a gateway sends within their lease, whatever their receivers do. */
const AT_ONCE = 20

/** Messages that a gateway sends into its own network, and what became of those it had. */
export const gatewayMessages =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({
    params,
    body,
  }: RouteCall<'gatewayMessages'>): Promise<RouteReply<'gatewayMessages'>> => {
    for (const { channelId, eventId, error, final = false } of body.done) {
      const item = await catalog.get<Delivery>(keys.delivery('gateway', channelId, eventId))
      // Told before, or another gateway has it by now: what this one says changes nothing.
      if (item?.value.by !== params.gatewayId) continue
      const chance = (random.bytes(1)[0] ?? 0) / 255
      await endTry(
        catalog,
        item,
        error === undefined ? { ok: true } : { ok: false, error, final },
        {
          now: clock.now(),
          chance,
        },
      )
    }
    return { messages: await messagesFor(catalog, params.gatewayId, clock.now(), AT_ONCE) }
  }

export const handler = httpHandler('gatewayMessages', gatewayMessages)
