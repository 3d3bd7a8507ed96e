import type { ChannelView } from '#core/contracts/channels-api.ts'
import type { Channel } from '#core/notifications/channel.ts'
import { viewChannel } from '#core/notifications/channel-view.ts'
import { readChannelState } from '#core/notifications/channels-catalog.ts'
import { countWaiting } from '#core/notifications/delivery.ts'
import type { Catalog } from '#core/ports.ts'

/** A channel with how it stands now. */
export const viewOf =
  (catalog: Catalog) =>
  async (channel: Channel): Promise<ChannelView> =>
    viewChannel(
      channel,
      await readChannelState(catalog, channel.channelId),
      await countWaiting(catalog, channel),
    )
