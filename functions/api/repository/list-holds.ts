import { keys } from '#core/catalog/keys.ts'
import { withLocks } from '#core/maintenance/held-locks.ts'
import type { Hold } from '#core/maintenance/holds.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const listHolds =
  ({ catalog, clock, repositoryAddress }: Pick<Ports, 'catalog' | 'clock' | 'repositoryAddress'>) =>
  async ({ query }: RouteCall<'listHolds'>): Promise<RouteReply<'listHolds'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Hold>(keys.hold('vm', '').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const at = { now: clock.now(), address: repositoryAddress }
    const holds = page.items.map(({ value }) => value)
    const items = await withLocks(catalog, holds, at)
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listHolds', listHolds)
