import { replaceChannel } from '#core/notifications/channels-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Replaces what is said of a channel; what waits for it is tried at once, the new way. */
export const putChannel =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params, body }: RouteCall<'putChannel'>): Promise<RouteReply<'putChannel'>> => {
    await replaceChannel(catalog, params.channelId, body)
    return { channelId: params.channelId }
  }

export const handler = httpHandler('putChannel', putChannel)
