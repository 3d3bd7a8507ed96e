import { readChannel } from '#core/notifications/channels-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'
import { viewOf } from './channel-reader.ts'

export const getChannel =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params }: RouteCall<'getChannel'>): Promise<RouteReply<'getChannel'>> =>
    viewOf(catalog)(await readChannel(catalog, params.channelId))

export const handler = httpHandler('getChannel', getChannel)
