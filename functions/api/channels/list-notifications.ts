import { keys } from '#core/catalog/keys.ts'
import type { Notice } from '#core/notifications/notice.ts'
import { viewNotice } from '#core/notifications/notice-view.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** What was told to whom and what became of it, newest first. */
export const listNotifications =
  ({ catalog }: Pick<Ports, 'catalog'>) =>
  async ({ query }: RouteCall<'listNotifications'>): Promise<RouteReply<'listNotifications'>> => {
    const { limit = 20, after } = query
    const page = await catalog.query<Notice>(keys.notice('').pk, {
      descending: true,
      limit: Math.min(limit, PAGE),
      ...(after === undefined ? {} : { after }),
    })
    const settings = await readNotificationSettings(catalog)
    const items = page.items.map(({ value }) => viewNotice(value, settings))
    return page.next === undefined ? { items } : { items, next: page.next }
  }

/** An answer of Lambda has 6 MB: a notice with its text takes 60 KB at most. */
const PAGE = 50

export const handler = httpHandler('listNotifications', listNotifications)
