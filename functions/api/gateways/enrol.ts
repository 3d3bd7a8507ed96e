import { enrolGateway } from '#core/gateways/enrol.ts'
import { ulidMaker } from '#core/ids.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const enrol =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body }: RouteCall<'enrol'>): Promise<RouteReply<'enrol'>> => {
    const newId = ulidMaker({ clock, random })()
    return { gatewayId: await enrolGateway(catalog, body, newId, clock.now()) }
  }

export const handler = httpHandler('enrol', enrol)
