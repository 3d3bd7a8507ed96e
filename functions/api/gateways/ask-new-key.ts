import { askNewKey as ask, keySinceOf } from '#core/gateways/key-change.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Has a gateway make a new key: it hears of it at its next lease call. */
export const askNewKey =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params: { gatewayId } }: RouteCall<'askNewKey'>): Promise<RouteReply<'askNewKey'>> => {
    const gateway = await ask(catalog, gatewayId, clock.now())
    const { lastSeen } = gateway
    return {
      ...{ gatewayId, keySince: keySinceOf(gateway) },
      ...(lastSeen !== undefined && { lastSeen }),
    }
  }

export const handler = httpHandler('askNewKey', askNewKey)
