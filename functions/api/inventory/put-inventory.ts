import { seeGateway } from '#core/gateways/gateway.ts'
import { putPool } from '#core/inventory/inventory.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** What the gateway sees in its pools. */
export const putInventory =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params, body }: RouteCall<'putInventory'>): Promise<RouteReply<'putInventory'>> => {
    const pools = body.pools.map(({ uuid, name }) => ({ uuid, name }))
    const { unreachable = [] } = body
    await seeGateway(
      catalog,
      params.gatewayId,
      // A gateway that reached none yet may know some from before, and names them with each lease.
      { ...(pools.length > 0 && { pools }), unreachable },
      clock.now(),
    )
    for (const pool of body.pools) await putPool(catalog, params.gatewayId, pool, clock.now())
    return { accepted: true }
  }

export const handler = httpHandler('putInventory', putInventory)
