import { ulidMaker } from '#core/ids.ts'
import { createChannel as create } from '#core/notifications/channels-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const createChannel =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({ body, settle }: RouteCall<'createChannel'>): Promise<RouteReply<'createChannel'>> => {
    const channelId = ulidMaker({ clock, random })()
    const beside = settle ? [settle({ channelId })] : []
    await create(catalog, { ...body, channelId, created: clock.now() }, beside)
    return { channelId }
  }

export const handler = httpHandler('createChannel', createChannel)
