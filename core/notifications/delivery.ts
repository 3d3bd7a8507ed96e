import { isConflict, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { DeliveryView } from '../contracts/channels-api.ts'
import { DeliveryFailedError } from '../errors/notifications.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import {
  type Channel,
  type ChannelState,
  delivered,
  GIVE_UP_AFTER,
  gaveUp,
  newChannelState,
  notDelivered,
  throughOf,
} from './channel.ts'
import { noteDelivery } from './notice.ts'

/** A message that its channel has not taken yet. */
export interface Delivery {
  channelId: string
  eventId: string
  /** When it was made. */
  at: number
  attempts: number
  /** Who tries just now has it alone until then (ms since 1970). */
  leasedUntil?: number
  /** The gateway that tries, or tried last. */
  by?: string
}

/** How long one try is waited for, in ms. */
export const TRY = 60_000

/** How long whoever tries has a message alone, in ms: a try, and the note of how it ended. */
const LEASE = 120_000

/** Deliveries of a channel that are looked at together. */
const PAGE = 100

/** Whether anything waits for any channel. */
export const anyWaiting = async (catalog: Catalog): Promise<boolean> => {
  const partitions = (['direct', 'gateway'] as const).map(of => keys.delivery(of, '', '').pk)
  const pages = await Promise.all(partitions.map(pk => catalog.query(pk, { limit: 1 })))
  return pages.some(({ items }) => items.length > 0)
}

/** Those that nobody tries just now; the least tried come first, so that one that never gets through holds up no other. */
export const waitingFor = async (
  catalog: Catalog,
  channel: Channel,
  now: number,
): Promise<CatalogItem<Delivery>[]> => {
  const { pk, sk: prefix } = keys.delivery(throughOf(channel.to), channel.channelId, '')
  const { items } = await catalog.query<Delivery>(pk, { prefix, limit: PAGE })
  return items
    .filter(({ value }) => (value.leasedUntil ?? 0) <= now)
    .sort((a, b) => a.value.attempts - b.value.attempts || (a.sk < b.sk ? -1 : 1))
}

export const countWaiting = async (catalog: Catalog, channel: Channel): Promise<number> => {
  const { pk, sk: prefix } = keys.delivery(throughOf(channel.to), channel.channelId, '')
  return (await catalog.query(pk, { prefix, limit: 1_000 })).items.length
}

/** @returns the delivery, for this caller alone; `undefined` where another was faster */
export const leaseDelivery = async (
  catalog: Catalog,
  { pk, sk, value, version }: CatalogItem<Delivery>,
  now: number,
  by?: string,
): Promise<CatalogItem<Delivery> | undefined> => {
  const leased: Delivery = {
    ...{ ...value, attempts: value.attempts + 1, leasedUntil: now + LEASE },
    ...(by !== undefined && { by }),
  }
  try {
    await catalog.write([{ kind: 'put', key: { pk, sk }, value: leased, expect: { version } }])
    return { pk, sk, value: leased, version: version + 1 }
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

/** How a try ended. `final`: it makes no sense to try again. */
export type Ending =
  | { ok: true }
  | { ok: false; error: string; final: boolean; retryAfterMs?: number | undefined }

/** What a failure of a sender means for the message; only a receiver that refused it ends it before its time. */
export const endingOf = (error: { code: string; message: string }): Ending => ({
  ok: false,
  error: error.message,
  final: error.code === 'DELIVERY_REFUSED',
  retryAfterMs: error instanceof DeliveryFailedError ? error.retryAfterMs : undefined,
})

/**
 * Notes how a try ended, at the message, at its channel and in what is shown of it, in one write. Who lost the lease meanwhile changes nothing.
 * @param chance 0 to 1, for the time of the next try
 */
export const endTry = (
  catalog: Catalog,
  item: Pick<CatalogItem<Delivery>, 'pk' | 'sk' | 'value'>,
  ending: Ending,
  { now, chance }: { now: number; chance: number },
): Promise<void> =>
  retryOnConflict(async () => {
    const { pk, sk } = item
    const found = await catalog.get<Delivery>({ pk, sk })
    if (!found || found.value.attempts !== item.value.attempts) return
    const { channelId, eventId, at, attempts } = found.value
    const isLost = !ending.ok && (ending.final || now - at >= GIVE_UP_AFTER)
    const { leasedUntil: _, ...unleased } = found.value
    const expect = { version: found.version }
    await catalog.write([
      ending.ok || isLost
        ? { kind: 'delete', key: { pk, sk }, expect }
        : { kind: 'put', key: { pk, sk }, value: unleased, expect },
      ...(await stateWrite(catalog, channelId, state => {
        if (ending.ok) return delivered(state, now)
        // A message that is refused says nothing of the next one.
        if (ending.final) return gaveUp(state, ending.error, now)
        const failing = notDelivered(state, { ...ending, now, chance })
        return isLost ? gaveUp(failing, ending.error, now) : failing
      })),
      ...(await noteDelivery(catalog, eventId, channelId, shown(ending, isLost, attempts, now))),
    ])
  })

const shown = (
  ending: Ending,
  isLost: boolean,
  attempts: number,
  now: number,
): Partial<DeliveryView> => {
  if (ending.ok) return { state: 'delivered', at: now, attempts }
  return {
    state: isLost ? 'lost' : 'waiting',
    at: now,
    attempts,
    error: ending.error.slice(0, 2_000),
  }
}

/**
 * Takes a message away without a try: its day is over while its channel does not get through, or its channel is gone.
 */
export const dropDelivery = (
  catalog: Catalog,
  { pk, sk, value: { channelId, eventId } }: CatalogItem<Delivery>,
  why: { state: 'off' } | { state: 'lost'; error: string },
  now: number,
): Promise<void> =>
  retryOnConflict(async () => {
    const found = await catalog.get<Delivery>({ pk, sk })
    if (!found || (found.value.leasedUntil ?? 0) > now) return
    await catalog.write([
      { kind: 'delete', key: { pk, sk }, expect: { version: found.version } },
      ...(why.state === 'lost'
        ? await stateWrite(catalog, channelId, state => gaveUp(state, why.error, now))
        : []),
      ...(await noteDelivery(catalog, eventId, channelId, { ...why, at: now })),
    ])
  })

const stateWrite = async (
  catalog: Catalog,
  channelId: string,
  change: (state: ChannelState) => ChannelState,
): Promise<CatalogWrite[]> => {
  const key = keys.channelState(channelId)
  const item = await catalog.get<ChannelState>(key)
  const value = change(item?.value ?? newChannelState)
  return [{ kind: 'put', key, value, expect: item ? { version: item.version } : 'absent' }]
}
