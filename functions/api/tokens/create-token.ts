import { RequestInvalidError } from '#core/errors/request.ts'
import { ulidMaker } from '#core/ids.ts'
import { createApiToken } from '#core/tokens/token.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** A token for an outside system, told once. */
export const createToken =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body, caller }: RouteCall<'createToken'>): Promise<RouteReply<'createToken'>> => {
    const now = clock.now()
    const { name, role, expires } = body
    if (expires !== undefined && expires <= now)
      throw new RequestInvalidError('body.expires: lies in the past.')
    const wanted = {
      tokenId: ulidMaker({ clock, random })(),
      ...{ name, role },
      ...(expires === undefined ? {} : { expires }),
    }
    const token = await createApiToken({ catalog, random }, wanted, caller.name, now)
    return { ...wanted, token }
  }

export const handler = httpHandler('createToken', createToken)
