import { acknowledgeChange as acknowledge } from '#core/points/acknowledge.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Somebody knows why a point is unusual, and says so. */
export const acknowledgeChange =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { pointId },
    body: { because },
    caller,
  }: RouteCall<'acknowledgeChange'>): Promise<RouteReply<'acknowledgeChange'>> => {
    const said = { at: clock.now(), by: caller.name.slice(0, 500), because }
    const { unusual } = await acknowledge(catalog, pointId, said)
    return { pointId, unusual }
  }

export const handler = httpHandler('acknowledgeChange', acknowledgeChange)
