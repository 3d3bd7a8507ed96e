import { readPolicy } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewStoredPolicy } from './policy-view.ts'

/** One policy, also one that was deleted: points name it. */
export const getPolicy =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params }: RouteCall<'getPolicy'>): Promise<RouteReply<'getPolicy'>> => {
    const item = await readPolicy(catalog, params.policyId, { deleted: true })
    return viewStoredPolicy(catalog, item, clock.now())
  }

export const handler = httpHandler('getPolicy', getPolicy)
