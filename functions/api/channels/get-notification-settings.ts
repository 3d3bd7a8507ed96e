import { readNotificationSettings } from '#core/notifications/settings.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

export const getNotificationSettings =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async (_: RouteCall<'getNotificationSettings'>): Promise<RouteReply<'getNotificationSettings'>> =>
    readNotificationSettings(catalog)

export const handler = httpHandler('getNotificationSettings', getNotificationSettings)
