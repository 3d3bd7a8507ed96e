import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import { readChannel } from '#core/notifications/channels-catalog.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Announces a test message for one channel. It goes the way of all others, so that the whole way is tested. */
export const testChannel =
  ({ catalog, clock, random }: Pick<Ports, 'catalog' | 'clock' | 'random'>) =>
  async ({
    params,
    caller,
    settle,
  }: RouteCall<'testChannel'>): Promise<RouteReply<'testChannel'>> => {
    const { channelId } = await readChannel(catalog, params.channelId)
    const eventId = ulidMaker({ clock, random })()
    await catalog.write([
      ...announcement({
        kind: 'channel-test',
        eventId,
        at: clock.now(),
        channelIds: [channelId],
        by: caller.name.slice(0, 500),
      }),
      ...(settle ? [settle({ eventId })] : []),
    ])
    return { eventId }
  }

export const handler = httpHandler('testChannel', testChannel)
