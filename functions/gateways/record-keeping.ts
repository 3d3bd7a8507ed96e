import type { Gateway } from '#core/gateways/gateway.ts'
import { type Keeper, markRecorded } from '#core/gateways/keeper.ts'
import { recordAudit } from '../audit.ts'
import type { Ports } from '../ports.ts'

/**
 * Leaves a record of each queue that a gateway has come to keep, before it gets a job of it: a gateway says itself which pools it serves, so the records are where a
 * foreign one is found. A pool that does not answer the gateway is kept by nobody, and leaves none.
 */
export const recordKeeping =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>, { gatewayId, name }: Gateway) =>
  async (keeper: Keeper): Promise<void> => {
    const { queue, from, until, recorded } = keeper
    if (keeper.gatewayId !== gatewayId || recorded || until <= ports.clock.now()) return
    await recordAudit(ports, {
      ...{ who: name, source: 'gateway', action: 'keepQueue', outcome: 'done' },
      target: `${gatewayId} ${queue}`,
      detail:
        from === undefined
          ? 'nobody is known to have kept it before'
          : `kept by gateway ${from} before`,
    })
    await markRecorded(ports.catalog, keeper)
  }
