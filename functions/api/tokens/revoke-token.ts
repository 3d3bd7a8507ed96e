import { revokeApiToken } from '#core/tokens/token.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** From the next call on, the token is refused: nothing keeps in mind that it was good. */
export const revokeToken =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { tokenId },
  }: RouteCall<'revokeToken'>): Promise<RouteReply<'revokeToken'>> => ({
    tokenId,
    revoked: await revokeApiToken(catalog, tokenId, clock.now()),
  })

export const handler = httpHandler('revokeToken', revokeToken)
