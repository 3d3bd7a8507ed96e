import { keeperOf } from '#core/gateways/keeper.ts'
import { seeGateway } from '#core/gateways/see-gateway.ts'
import { putPool } from '#core/inventory/inventory.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** What the gateway sees in its pools. */
export const putInventory =
  ({ catalog, clock, upSince }: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) =>
  async ({ params, body }: RouteCall<'putInventory'>): Promise<RouteReply<'putInventory'>> => {
    const pools = body.pools.map(({ uuid, name }) => ({ uuid, name }))
    const { unreachable = [] } = body
    await seeGateway(
      catalog,
      params.gatewayId,
      // A gateway that reached none yet may know some from before, and names them with each lease.
      { ...(pools.length > 0 && { pools }), unreachable },
      clock.now(),
      upSince,
    )
    for (const pool of body.pools) {
      // A gateway says itself which pools it serves: what policies look at is told by the one that works on the pool.
      const keeper = await keeperOf(catalog, pool.uuid, clock.now())
      if (keeper === undefined || keeper === params.gatewayId)
        await putPool(catalog, params.gatewayId, pool, clock.now())
    }
    return { accepted: true }
  }

export const handler = httpHandler('putInventory', putInventory)
