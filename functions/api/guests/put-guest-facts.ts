import { keys } from '#core/catalog/keys.ts'
import { GUEST_FACTS_BYTES } from '#core/contracts/guests-api.ts'
import { BodyTooLargeError } from '#core/errors/request.ts'
import { type GuestFacts, guardGuest } from '#core/gateways/guest.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Keeps what the recipes of a guest found on it. */
export const putGuestFacts =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ body, caller }: RouteCall<'putGuestFacts'>): Promise<RouteReply<'putGuestFacts'>> => {
    const { guest, ...told } = body
    guardGuest(caller.gateway, guest)
    if (Buffer.byteLength(JSON.stringify(told)) > GUEST_FACTS_BYTES)
      throw new BodyTooLargeError(GUEST_FACTS_BYTES)
    const value: GuestFacts = { ...told, at: clock.now() }
    await catalog.write([{ kind: 'put', key: keys.guestFacts(guest), value, expect: 'any' }])
    return { accepted: true }
  }

export const handler = httpHandler('putGuestFacts', putGuestFacts)
