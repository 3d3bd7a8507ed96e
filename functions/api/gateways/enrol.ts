import { asXenkeepError } from '#core/errors/base.ts'
import { enrolGateway } from '#core/gateways/enrol.ts'
import { countGuess, guardGuesses } from '#core/gateways/guesses.ts'
import { ulidMaker } from '#core/ids.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Exchanges a one-time code for a gateway id. Wrong codes are counted by the address that they come from. */
export const enrol =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body, caller }: RouteCall<'enrol'>): Promise<RouteReply<'enrol'>> => {
    await guardGuesses(catalog, caller.address, clock.now())
    const newId = ulidMaker({ clock, random })()
    try {
      return { gatewayId: await enrolGateway(catalog, body, newId, clock.now()) }
    } catch (error) {
      if (asXenkeepError(error).code === 'ENROLMENT_CODE_INVALID')
        await countGuess(catalog, caller.address, clock.now())
      throw error
    }
  }

export const handler = httpHandler('enrol', enrol)
