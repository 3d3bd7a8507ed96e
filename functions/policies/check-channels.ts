import type { PolicyInput } from '#core/contracts/policies.ts'
import { readChannel } from '#core/notifications/channels-catalog.ts'
import type { Catalog } from '#core/ports.ts'

/**
 * Refuses a policy that newly names a channel which is not there. One that was named before may be gone since, and keeps nobody from pausing the policy.
 * @throws `CHANNEL_NOT_FOUND`
 */
export const checkChannels = async (
  catalog: Catalog,
  policy: Pick<PolicyInput, 'notify'>,
  before?: Pick<PolicyInput, 'notify'>,
): Promise<void> => {
  const known = new Set(before ? channelsOf(before) : [])
  for (const channelId of new Set(channelsOf(policy)))
    if (!known.has(channelId)) await readChannel(catalog, channelId)
}

const channelsOf = ({ notify }: Pick<PolicyInput, 'notify'>): string[] =>
  notify.flatMap(({ channelIds }) => channelIds)
