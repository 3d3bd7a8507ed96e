import { readChannel } from '#core/notifications/channels-catalog.ts'
import { saveNotificationSettings } from '#core/notifications/settings.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Who hears of what; rules may only name channels that there are. */
export const putNotificationSettings =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({
    body,
  }: RouteCall<'putNotificationSettings'>): Promise<RouteReply<'putNotificationSettings'>> => {
    const named = [...body.rules, ...body.reports].flatMap(({ channelIds }) => channelIds)
    for (const channelId of new Set(named)) await readChannel(catalog, channelId)
    await saveNotificationSettings(catalog, body)
    return { saved: true }
  }

export const handler = httpHandler('putNotificationSettings', putNotificationSettings)
