import { deletePolicy as remove, type StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Ends a policy. Its points stay under its last retention. */
export const deletePolicy =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({
    params: { policyId },
    query: { version },
    caller,
    settle,
  }: RouteCall<'deletePolicy'>): Promise<RouteReply<'deletePolicy'>> => {
    const change = { by: caller.name, at: clock.now() }
    const reply = ({ policy }: StoredPolicy) => ({
      policyId,
      line: pointsLine(policy.retention.atLeast),
    })
    return reply(
      await remove(catalog, policyId, version, change, ({ value }) =>
        settle ? [settle(reply(value))] : [],
      ),
    )
  }

const pointsLine = (atLeast: number): string =>
  `The policy does not run any more. Its points stay and expire under its last retention; the newest ${
    atLeast === 1
      ? 'one of each VM stays until somebody deletes it'
      : `${atLeast} of each VM stay until somebody deletes them`
  }.`

export const handler = httpHandler('deletePolicy', deletePolicy)
