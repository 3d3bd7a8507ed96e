import { markForMaintenance } from '#core/gateways/gateway.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Decides which gateways may remove points, collect garbage and verify. */
export const setGateway =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'setGateway'>): Promise<RouteReply<'setGateway'>> => {
    const { gatewayId, maintenance = false } = await markForMaintenance(
      catalog,
      params.gatewayId,
      body.maintenance,
    )
    return { gatewayId, maintenance }
  }

export const handler = httpHandler('setGateway', setGateway)
