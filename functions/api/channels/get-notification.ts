import { keys } from '#core/catalog/keys.ts'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { readNotice } from '#core/notifications/notice.ts'
import { viewNotice } from '#core/notifications/notice-view.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** One notification; one that was announced just now is there, although nobody has been told yet. */
export const getNotification =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ params }: RouteCall<'getNotification'>): Promise<RouteReply<'getNotification'>> => {
    const { eventId } = params
    const settings = await readNotificationSettings(catalog)
    const announced = await catalog.get<{ event: NotificationEvent }>(keys.outbox(eventId))
    if (announced) {
      const { event } = announced.value
      const context = { inARow: 1, since: event.at, untold: 0 }
      return viewNotice({ event, context, deliveries: [] }, settings)
    }
    return viewNotice((await readNotice(catalog, eventId)).value, settings)
  }

export const handler = httpHandler('getNotification', getNotification)
