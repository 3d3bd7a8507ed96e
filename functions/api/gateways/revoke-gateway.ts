import { SESSION_SECONDS } from '#core/access/sessions.ts'
import {
  longRevoked,
  markForgotten,
  markRevoked,
  releaseJobsOf,
  releaseQueuesOf,
} from '#core/gateways/revoke.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { tellWaiting } from '../jobs/tell-waiting.ts'

/**
 * Ends all trust in a gateway, in the order of what it could still do: its calls, its storage sessions, its jobs and pools. What fails on the way is
 * done by a repeated call.
 */
export const revokeGateway =
  ({
    catalog,
    clock,
    grants,
    workflow,
  }: Pick<Ports, 'catalog' | 'clock' | 'grants' | 'workflow'>) =>
  async ({ params }: RouteCall<'revokeGateway'>): Promise<RouteReply<'revokeGateway'>> => {
    const { gatewayId } = params
    const now = clock.now()
    const { name } = await markRevoked(catalog, gatewayId, now)

    const old = await longRevoked(catalog, now)
    const forget = old.map(other => other.gatewayId).filter(other => other !== gatewayId)
    const ended = grants.revoke(gatewayId, forget)
    const [sessions, released, queues] = await Promise.allSettled([
      ended,
      releaseJobsOf(catalog, gatewayId, now),
      releaseQueuesOf(catalog, gatewayId),
    ])
    if (released.status === 'rejected') throw released.reason
    await tellWaiting(
      workflow,
      released.value.filter(({ state }) => state === 'finished'),
    )
    for (const end of [sessions, queues]) if (end.status === 'rejected') throw end.reason
    for (const other of forget) await markForgotten(catalog, other)
    return {
      gatewayId,
      name,
      jobs: released.value.length,
      sessionsEndBy: now + SESSION_SECONDS * 1_000,
    }
  }

export const handler = httpHandler('revokeGateway', revokeGateway)
