import { ulidMaker } from '#core/ids.ts'
import { createPolicy as create } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewPolicy } from './policy-view.ts'

/** A new policy. */
export const createPolicy =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body, caller }: RouteCall<'createPolicy'>): Promise<RouteReply<'createPolicy'>> => {
    const change = { by: caller.name, at: clock.now() }
    return viewPolicy(await create(catalog, ulidMaker({ clock, random })(), body, change))
  }

export const handler = httpHandler('createPolicy', createPolicy)
