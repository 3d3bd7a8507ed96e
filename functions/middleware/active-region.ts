import type { MiddlewareObj } from '@middy/core'
import { type RouteName, routes } from '#core/contracts/routes.ts'
import type { Ports } from '../ports.ts'
import type { HandledEvent, HttpAnswer } from './route-call.ts'

/** What a region that stands by is there for. */
const ALSO_STANDING_BY: ReadonlySet<RouteName> = new Set(['takeOverRegion'])

/** A region that stands by answers people who look, and nothing else. */
export const answersStandingBy = (name: RouteName): boolean => {
  const { audience, method } = routes[name]
  return (audience === 'person' && method === 'GET') || ALSO_STANDING_BY.has(name)
}

/** By this header a gateway learns of a take-over: it signs its calls for the epoch that it knows. And it knows by it that a control plane has answered, and not somebody on the way. */
export const REGION_EPOCH_HEADER = 'xenkeep-region-epoch'

/**
 * Refuses what only the active region does, and tells gateways the epoch with every answer.
 * @throws `REGION_STANDBY`
 */
export const activeRegion = (
  name: RouteName,
  ports: () => Pick<Ports, 'region'> | Promise<Pick<Ports, 'region'>>,
): MiddlewareObj<HandledEvent, HttpAnswer> => {
  const tell = async ({ response }: { response?: HttpAnswer | null | undefined }) => {
    if (!response || routes[name].audience === 'person') return
    const { region } = await ports()
    if (region.setup.others.length === 0) return
    const view = await region.view().catch(() => undefined) // the answer is told all the same
    if (view) response.headers[REGION_EPOCH_HEADER] = String(view.epoch)
  }
  return {
    before: async () => {
      if (!answersStandingBy(name)) await (await ports()).region.guardActive()
    },
    after: tell,
    onError: tell,
  }
}
