import { keys } from '../catalog/keys.ts'
import { NotificationSettings } from '../contracts/channels-api.ts'
import type { Catalog } from '../ports.ts'

/** What was saved last, or what holds before anybody saved anything: nobody is told of anything. */
export const readNotificationSettings = async (catalog: Catalog): Promise<NotificationSettings> =>
  (await catalog.get<NotificationSettings>(keys.notifySettings()))?.value ??
  NotificationSettings.parse({})

export const saveNotificationSettings = (
  catalog: Catalog,
  settings: NotificationSettings,
): Promise<void> =>
  catalog.write([{ kind: 'put', key: keys.notifySettings(), value: settings, expect: 'any' }])
