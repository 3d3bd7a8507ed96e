import { markForMaintenance } from '#core/gateways/gateway.ts'
import { releaseJobsOf, releaseQueuesOf } from '#core/gateways/revoke.ts'
import type { Job } from '#core/runs/job.ts'
import { FILES_QUEUE, REPOSITORY_QUEUE } from '#core/runs/work-of.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from '../jobs/tell-waiting.ts'

/**
 * Decides which gateways may remove points, collect garbage and verify. One that may not any more loses such jobs at once, in the order of what it could still do; what
 * fails on the way is done by a repeated call.
 */
export const setGateway =
  ({ catalog, clock, workflow }: Pick<Ports, 'catalog' | 'clock' | 'workflow'>) =>
  async ({ params, body }: RouteCall<'setGateway'>): Promise<RouteReply<'setGateway'>> => {
    const { gatewayId, maintenance = false } = await markForMaintenance(
      catalog,
      params.gatewayId,
      body.maintenance,
    )
    if (!maintenance) {
      const released: Job[] = []
      for (const queue of [REPOSITORY_QUEUE, FILES_QUEUE])
        released.push(...(await releaseJobsOf(catalog, gatewayId, clock.now(), queue)))
      await releaseQueuesOf(catalog, gatewayId, REPOSITORY_QUEUE)
      await tellWaiting(
        workflow,
        released.filter(({ state }) => state === 'finished'),
      )
    }
    return { gatewayId, maintenance }
  }

export const handler = httpHandler('setGateway', setGateway)
