import { ulidMaker } from '#core/ids.ts'
import { checkPolicy } from '#core/policies/check.ts'
import { createPolicy as create, readPolicies } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { checkChannels } from '../../policies/check-channels.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewPolicy } from './policy-view.ts'

/** A new policy. */
export const createPolicy =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({
    body,
    caller,
    settle,
  }: RouteCall<'createPolicy'>): Promise<RouteReply<'createPolicy'>> => {
    const at = clock.now()
    const others = (await readPolicies(catalog)).map(({ value }) => value.policy)
    checkPolicy(body, others, at)
    await checkChannels(catalog, body)
    const policyId = ulidMaker({ clock, random })()
    const change = { by: caller.name, at }
    const made = await create(catalog, policyId, body, change, item =>
      settle ? [settle(viewPolicy(item, at, others))] : [],
    )
    return viewPolicy(made, at, others)
  }

export const handler = httpHandler('createPolicy', createPolicy)
