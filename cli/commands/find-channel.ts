import type { ChannelView } from '#core/contracts/channels-api.ts'
import type { Session } from '../command.ts'
import { listAll } from '../control-plane.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'

/** By id or exact name. @throws `USAGE` */
export const findChannel = async ({ client }: Session, wanted: string): Promise<ChannelView> => {
  const found = (await listAll(client, 'listChannels')).filter(
    ({ channelId, name }) => channelId === wanted.toUpperCase() || name === wanted,
  )
  const [only] = found
  if (!only || found.length > 1)
    throw new UsageError(
      only
        ? `${found.length} channels are called ${quoted(wanted)}.`
        : `There is no channel ${quoted(wanted)}.`,
      '"xenkeep channels list" lists them with their ids.',
    )
  return only
}
