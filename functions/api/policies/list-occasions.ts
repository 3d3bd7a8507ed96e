import { keys } from '#core/catalog/keys.ts'
import type { OccasionView } from '#core/contracts/policies-api.ts'
import { readPolicy } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Firing } from '../../policies/fire.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** What became of the times at which a policy should have run by itself, newest first. A page may be short of those on which it ran. */
export const listOccasions =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({
    params: { policyId },
    query: { limit = 100, after, missed },
  }: RouteCall<'listOccasions'>): Promise<RouteReply<'listOccasions'>> => {
    const { policy } = (await readPolicy(catalog, policyId, { deleted: true })).value
    // A policy has times of one kind; those of before it was changed are forgotten within weeks.
    const kind = policy.after ? 'after' : 'schedule'
    const page = await catalog.query<Firing>(keys.firing(policyId, '').pk, {
      ...{ prefix: kind === 'after' ? 'after#' : 'at#', descending: true, limit },
      ...(after === undefined ? {} : { after }),
    })
    const items = page.items
      .filter(({ value }) => missed !== 'true' || 'leftOut' in value)
      .map(
        ({ value }): OccasionView => ({
          ...{ due: value.due, kind },
          ...('runId' in value ? { runId: value.runId } : { leftOut: value.leftOut }),
        }),
      )
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listOccasions', listOccasions)
