import { queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import { ChannelInUseError } from '#core/errors/notifications.ts'
import { readChannel, removeChannel } from '#core/notifications/channels-catalog.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import type { StoredPolicy } from '#core/policies/policies-catalog.ts'
import type { Catalog } from '#core/ports.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Removes a channel that no rule names: nobody loses what they hear without having said so. */
export const deleteChannel =
  ({ catalog, clock }: Pick<Ports, 'catalog' | 'clock'>) =>
  async ({ params, settle }: RouteCall<'deleteChannel'>): Promise<RouteReply<'deleteChannel'>> => {
    const { channelId } = params
    const { name } = await readChannel(catalog, channelId)
    const by = await whoNames(catalog, channelId)
    if (by !== undefined) throw new ChannelInUseError(name, by)
    await removeChannel(catalog, channelId, clock.now(), settle ? [settle({ channelId })] : [])
    return { channelId }
  }

const whoNames = async (catalog: Catalog, channelId: string): Promise<string | undefined> => {
  const names = (rule: { channelIds: readonly string[] }) => rule.channelIds.includes(channelId)
  const { rules, reports } = await readNotificationSettings(catalog)
  if (rules.some(names)) return 'a rule of the notification settings'
  if (reports.some(names)) return 'a daily report'
  for await (const { value } of queryAll<StoredPolicy>(catalog, keys.policy('').pk))
    if (!value.deleted && value.policy.notify.some(names))
      return `the policy "${value.policy.name}"`
  return undefined
}

export const handler = httpHandler('deleteChannel', deleteChannel)
