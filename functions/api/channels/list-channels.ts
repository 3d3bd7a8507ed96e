import { keys } from '#core/catalog/keys.ts'
import type { Channel } from '#core/notifications/channel.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewOf } from './channel-reader.ts'

/** The channels by age, each with how it stands. A page may be short of those that were removed. */
export const listChannels =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listChannels'>): Promise<RouteReply<'listChannels'>> => {
    const { limit = 100, after } = query
    const page = await catalog.query<Channel>(keys.channel('').pk, {
      limit,
      ...(after === undefined ? {} : { after }),
    })
    const present = page.items.map(({ value }) => value).filter(({ removed }) => !removed)
    const items = await Promise.all(present.map(viewOf(catalog)))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

export const handler = httpHandler('listChannels', listChannels)
