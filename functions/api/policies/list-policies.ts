import { keys } from '#core/catalog/keys.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewStoredPolicy } from './policy-view.ts'

/** The policies by age. A page may be short of those that were deleted. */
export const listPolicies =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ query }: RouteCall<'listPolicies'>): Promise<RouteReply<'listPolicies'>> => {
    const now = clock.now()
    const { limit = 100, after, deleted } = query
    const page = await catalog.query<StoredPolicy>(keys.policy('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const shown = page.items.filter(({ value }) => deleted === 'true' || !value.deleted)
    const items = await Promise.all(shown.map(item => viewStoredPolicy(catalog, item, now)))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listPolicies', listPolicies)
