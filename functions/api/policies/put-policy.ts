import { replacePolicy } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewPolicy } from './policy-view.ts'

/** Replaces a policy as a whole, unless somebody else has changed it since it was read. */
export const putPolicy =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params, body, caller }: RouteCall<'putPolicy'>): Promise<RouteReply<'putPolicy'>> => {
    const change = { by: caller.name, at: clock.now() }
    return viewPolicy(await replacePolicy(catalog, params.policyId, body, change))
  }

export const handler = httpHandler('putPolicy', putPolicy)
