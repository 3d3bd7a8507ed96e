import { renameGateway as rename } from '#core/gateways/names.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const renameGateway =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'renameGateway'>): Promise<RouteReply<'renameGateway'>> => {
    await rename(catalog, params.gatewayId, body.name)
    return { gatewayId: params.gatewayId, name: body.name }
  }

export const handler = httpHandler('renameGateway', renameGateway)
