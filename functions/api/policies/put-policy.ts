import { RetentionShortenedError } from '#core/errors/policies.ts'
import { checkPolicy } from '#core/policies/check.ts'
import { readPolicies, readPolicyAt, replacePolicy } from '#core/policies/policies-catalog.ts'
import { shortenedBy } from '#core/policies/shortened.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import { checkChannels } from '../../policies/check-channels.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewPolicy } from './policy-view.ts'

/** Replaces a policy as a whole, unless somebody else has changed it since it was read. Keeping points shorter asks for an administrator. */
export const putPolicy =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params,
    body,
    caller,
    settle,
  }: RouteCall<'putPolicy'>): Promise<RouteReply<'putPolicy'>> => {
    const { policyId } = params
    const at = clock.now()
    // What is compared is what is replaced, and not what a caller who guesses the next version will find by then.
    const found = await readPolicyAt(catalog, policyId, body.version)
    const before = found.value.policy
    const others = (await readPolicies(catalog)).map(({ value }) => value.policy)
    checkPolicy(
      { ...body.policy, policyId },
      others.filter(other => other.policyId !== policyId),
      at,
    )
    await checkChannels(catalog, body.policy, before)
    const shortened = shortenedBy(before, body.policy)
    if (shortened.length > 0 && caller.role !== 'administrator')
      throw new RetentionShortenedError(before.name, shortened)
    const change = { by: caller.name, at }
    const saved = await replacePolicy(catalog, found, body.policy, change, item =>
      settle ? [settle(viewPolicy(item, at, others))] : [],
    )
    return viewPolicy(saved, at, others)
  }

export const handler = httpHandler('putPolicy', putPolicy)
