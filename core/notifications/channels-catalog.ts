import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { ChannelDefinition } from '../contracts/channels.ts'
import { ChannelNotFoundError, TooManyChannelsError } from '../errors/notifications.ts'
import { RequestInvalidError } from '../errors/request.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import { type Channel, type ChannelState, newChannelState } from './channel.ts'

/** A routed event is one write of 100 items (DynamoDB): two for each channel, and some of its own. */
export const CHANNELS_AT_MOST = 40

/** Removed ones too, as long as something waits for them. */
export const readAllChannels = async (catalog: Catalog): Promise<Channel[]> =>
  (await Array.fromAsync(queryAll<Channel>(catalog, keys.channel('').pk))).map(({ value }) => value)

const readItem = async (catalog: Catalog, channelId: string): Promise<CatalogItem<Channel>> => {
  const item = await catalog.get<Channel>(keys.channel(channelId))
  if (!item || item.value.removed !== undefined) throw new ChannelNotFoundError(channelId)
  return item
}

/** @throws `CHANNEL_NOT_FOUND` */
export const readChannel = async (catalog: Catalog, channelId: string): Promise<Channel> =>
  (await readItem(catalog, channelId)).value

/** @param beside written in one piece with it @throws `TOO_MANY_CHANNELS` */
export const createChannel = async (
  catalog: Catalog,
  channel: Channel,
  beside: readonly CatalogWrite[] = [],
): Promise<void> => {
  if ((await readAllChannels(catalog)).length >= CHANNELS_AT_MOST)
    throw new TooManyChannelsError(CHANNELS_AT_MOST)
  const { channelId } = channel
  await catalog.write([
    { kind: 'put', key: keys.channel(channelId), value: channel, expect: 'absent' },
    ...beside,
  ])
}

/**
 * Replaces what is said of a channel. What waits for it goes the new way.
 * @throws `CHANNEL_NOT_FOUND`; `REQUEST_INVALID` where it would become one of another kind
 */
export const replaceChannel = (
  catalog: Catalog,
  channelId: string,
  definition: ChannelDefinition,
): Promise<void> =>
  retryOnConflict(async () => {
    const { value: before, version } = await readItem(catalog, channelId)
    if (before.to.kind !== definition.to.kind)
      throw new RequestInvalidError(
        `body.to.kind: is "${before.to.kind}" and stays so; make a new channel instead.`,
      )
    const value: Channel = { ...definition, channelId, created: before.created }
    // It is tried at once: whoever corrects a channel does not wait for the next try.
    const state = await catalog.get<ChannelState>(keys.channelState(channelId))
    const { failing: _, ...rest } = state?.value ?? newChannelState
    await catalog.write([
      { kind: 'put', key: keys.channel(channelId), value, expect: { version } },
      ...(state
        ? [
            {
              kind: 'put' as const,
              key: keys.channelState(channelId),
              value: rest,
              expect: { version: state.version },
            },
          ]
        : []),
    ])
  })

/**
 * Nothing more is sent there; what waits for it is dropped by whoever delivers.
 * @param beside written in one piece with it
 * @throws `CHANNEL_NOT_FOUND`
 */
export const removeChannel = (
  catalog: Catalog,
  channelId: string,
  now: number,
  beside: readonly CatalogWrite[] = [],
): Promise<void> =>
  retryOnConflict(async () => {
    const { value, version } = await readItem(catalog, channelId)
    await catalog.write([
      {
        kind: 'put',
        key: keys.channel(channelId),
        value: { ...value, removed: now } satisfies Channel,
        expect: { version },
      },
      ...beside,
    ])
  })

export const readChannelState = async (
  catalog: Catalog,
  channelId: string,
): Promise<ChannelState> =>
  (await catalog.get<ChannelState>(keys.channelState(channelId)))?.value ?? newChannelState
