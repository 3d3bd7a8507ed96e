import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { DeliveryView } from '../contracts/channels-api.ts'
import type { NotificationEvent } from '../contracts/notifications.ts'
import { NotificationNotFoundError } from '../errors/notifications.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import type { Context } from './series.ts'

/** An event whose channels are known, and what became of it on each. */
export interface Notice {
  event: NotificationEvent
  context: Context
  deliveries: DeliveryView[]
}

/** How long notices are kept, in ms: long enough to ask in a monthly review who was told what. */
export const KEPT_FOR = 90 * 86_400_000

/** @throws `NOTIFICATION_NOT_FOUND` */
export const readNotice = async (
  catalog: Catalog,
  eventId: string,
): Promise<CatalogItem<Notice>> => {
  const item = await catalog.get<Notice>(keys.notice(eventId))
  if (!item) throw new NotificationNotFoundError(eventId)
  return item
}

/** @returns the write that notes what became of one delivery; none where the notice was swept */
export const noteDelivery = async (
  catalog: Catalog,
  eventId: string,
  channelId: string,
  change: Partial<DeliveryView>,
): Promise<CatalogWrite[]> => {
  const item = await catalog.get<Notice>(keys.notice(eventId))
  if (!item) return []
  const deliveries = item.value.deliveries.map(delivery =>
    delivery.channelId === channelId ? { ...delivery, ...change } : delivery,
  )
  const value: Notice = { ...item.value, deliveries }
  return [{ kind: 'put', key: keys.notice(eventId), value, expect: { version: item.version } }]
}

/** Removes some of what is older than it has to be kept; called whenever a new one comes. */
export const sweepNotices = (catalog: Catalog, now: number): Promise<void> =>
  retryOnConflict(async () => {
    const { items } = await catalog.query<Notice>(keys.notice('').pk, { limit: 10 })
    const old = items.filter(({ value }) => now - value.event.at > KEPT_FOR)
    if (old.length === 0) return
    await catalog.write(
      old.map(({ sk, version }) => ({
        kind: 'delete',
        key: keys.notice(sk),
        expect: { version },
      })),
    )
  })
