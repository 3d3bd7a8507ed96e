import { RECIPES_OF_GUEST } from '#core/contracts/guests-api.ts'
import { GuestNotFoundError } from '#core/errors/guests.ts'
import { agentOf } from '#core/gateways/guest.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { guestViewer, isGuest } from './guest-view.ts'

/** All that is known of one guest. */
export const getGuest =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'upSince'>) =>
  async ({ params: { guestUuid } }: RouteCall<'getGuest'>): Promise<RouteReply<'getGuest'>> => {
    const agent = await agentOf(ports.catalog, guestUuid)
    if (!agent || agent.revoked || !isGuest(agent)) throw new GuestNotFoundError(guestUuid)
    const { view, facts, drills } = await (await guestViewer(ports))(agent)
    return {
      ...view,
      facts: facts?.recipes ?? [],
      drills: drills.slice(0, RECIPES_OF_GUEST),
      ...(facts?.freeze && { freeze: facts.freeze }),
      ...(facts?.unreleased && { unreleased: facts.unreleased }),
      ...(facts && { factsAt: facts.at }),
    }
  }

export const handler = httpHandler('getGuest', getGuest)
