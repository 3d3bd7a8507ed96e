import { isConflict, queryAll } from '#core/catalog/access.ts'
import { keys } from '#core/catalog/keys.ts'
import type { NotificationSettings } from '#core/contracts/channels-api.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { DeliveryFailedError, NotificationNotFoundError } from '#core/errors/notifications.ts'
import { ulidMaker } from '#core/ids.ts'
import { announcement } from '#core/notifications/announce.ts'
import {
  type Channel,
  type ChannelState,
  GIVE_UP_AFTER,
  throughOf,
} from '#core/notifications/channel.ts'
import { readAllChannels, readChannelState } from '#core/notifications/channels-catalog.ts'
import {
  anyWaiting,
  type Delivery,
  dropDelivery,
  endingOf,
  endTry,
  leaseDelivery,
  TRY,
  waitingFor,
} from '#core/notifications/delivery.ts'
import { heldBack } from '#core/notifications/hold-back.ts'
import type { Notice } from '#core/notifications/notice.ts'
import { routeOutbox } from '#core/notifications/route.ts'
import { readNotificationSettings } from '#core/notifications/settings.ts'
import { compose } from '#core/notifications/text/compose.ts'
import type { Catalog, CatalogItem } from '#core/ports.ts'
import type { Ports } from '../ports.ts'
import { eventHandler } from '../runtime.ts'

type DeliverPorts = Pick<Ports, 'catalog' | 'clock' | 'random' | 'deliver'>

/** No new try is begun so long after the beginning of a round, in ms: the function has two minutes, and a try may take one. */
const ROUND = 50_000
/** Nor is it found out whom something concerns after so long, so that time is left to tell it. */
const ROUTING = 25_000

/**
 * Tells what was announced: finds out whom it concerns, and tries what waits. Called each minute or so. Channels do not wait for each other; two
 * rounds at once send nothing twice.
 */
export const deliverAll = (ports: DeliverPorts) => async () => {
  const { catalog, clock } = ports
  const began = clock.now()
  const until = began + ROUND
  const channels = await readAllChannels(catalog)
  await sumUp(ports, channels)
  const isOver = () => clock.now() > began + ROUTING
  const { routed, troubles } = await routeOutbox(catalog, began, { isOver })
  // Most rounds find nothing: they cost four questions, however many channels there are.
  const busy = (await anyWaiting(catalog)) ? channels : channels.filter(({ removed }) => removed)
  // All are waited for: a function that ended before them would stop them between a receiver's yes and the note of it.
  const served = await Promise.allSettled(busy.map(channel => serve(ports, channel, until)))
  troubles.push(...served.flatMap(one => (one.status === 'rejected' ? [one.reason] : [])))
  if (troubles.length > 0) throw troubles[0]
  const counts = served.map(one => (one.status === 'fulfilled' ? one.value : 0))
  return { routed, delivered: counts.reduce((sum, count) => sum + count, 0) }
}

/** @returns how many messages the channel took */
const serve = async (ports: DeliverPorts, channel: Channel, until: number): Promise<number> => {
  const { catalog, clock } = ports
  const waiting = await waitingFor(catalog, channel, clock.now())
  if (channel.removed !== undefined) await dismantle(catalog, channel, waiting, clock.now())
  if (waiting.length === 0 || channel.removed !== undefined) return 0
  const state = await readChannelState(catalog, channel.channelId)
  const left = await giveUpOld(catalog, channel, waiting, state, clock.now())
  if (!channel.enabled || throughOf(channel.to) === 'gateway') return 0
  if (state.failing && state.failing.nextTry > clock.now()) return 0

  let count = 0
  for (const item of left) {
    if (clock.now() > until || !(await tryOne(ports, channel, item))) break
    count++
  }
  return count
}

/** @returns whether the channel is worth another try now */
const tryOne = async (
  { catalog, clock, random, deliver }: DeliverPorts,
  channel: Channel,
  item: CatalogItem<Delivery>,
): Promise<boolean> => {
  // Read before the try: what the catalog refuses is no fault of the receiver's.
  const { eventId } = item.value
  const notice = await catalog.get<Notice>(keys.notice(eventId))
  const settings = await readNotificationSettings(catalog)
  if (!notice) {
    const error = new NotificationNotFoundError(eventId).message
    await dropDelivery(catalog, item, { state: 'lost', error }, clock.now())
    return true
  }
  const leased = await leaseDelivery(catalog, item, clock.now())
  if (!leased) return true
  const sending = send(deliver, channel, notice.value, settings)
  const ending = await inTime(sending).then(
    () => ({ ok: true }) as const,
    error => endingOf(asXenkeepError(error)),
  )
  const chance = (random.bytes(1)[0] ?? 0) / 255
  await endTry(catalog, leased, ending, { now: clock.now(), chance })
  return ending.ok || ending.final
}

/** A receiver that answers drop by drop would outlive the lease, and the function. */
const inTime = async (sending: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new DeliveryFailedError(`the receiver was not done within ${TRY / 1_000} s`)
    timer = setTimeout(() => reject(error), TRY)
  })
  await Promise.race([sending, late]).finally(() => clearTimeout(timer))
}

const send = async (
  deliver: Ports['deliver'],
  { to }: Channel,
  { event, context }: Notice,
  settings: NotificationSettings,
): Promise<void> => {
  const document = compose(event, context, settings)
  const { eventId, at, kind, ...facts } = event
  await deliver.send(to, { eventId, at, kind, document, facts })
}

/**
 * What waited for a day for a channel that does not get through, is switched off, or that no gateway asked for, is over without another try each. What nobody could
 * try, as the control plane was down, is tried.
 */
const giveUpOld = async (
  catalog: Catalog,
  { enabled, to }: Channel,
  waiting: readonly CatalogItem<Delivery>[],
  { failing }: ChannelState,
  now: number,
): Promise<CatalogItem<Delivery>[]> => {
  const isGateway = throughOf(to) === 'gateway'
  const isOver = ({ value }: CatalogItem<Delivery>) =>
    now - value.at >= GIVE_UP_AFTER &&
    (value.attempts > 0 || failing !== undefined || isGateway || !enabled)
  const untold = isGateway
    ? 'No gateway fetched it and said what became of it for a day.'
    : 'Nobody could note for a day what became of it.'
  const error = failing?.error ?? untold
  const why = enabled ? ({ state: 'lost', error } as const) : ({ state: 'off' } as const)
  for (const item of waiting.filter(isOver)) await dropDelivery(catalog, item, why, now)
  return waiting.filter(item => !isOver(item))
}

/** Longer than anybody who still read the channel may take to make a delivery for it, in ms. */
const GONE_AFTER = 3_600_000

const dismantle = async (
  catalog: Catalog,
  { channelId, removed = 0 }: Channel,
  waiting: readonly CatalogItem<Delivery>[],
  now: number,
): Promise<void> => {
  for (const item of waiting) await dropDelivery(catalog, item, { state: 'off' }, now)
  if (waiting.length > 0 || now - removed < GONE_AFTER) return
  await catalog.write([
    { kind: 'delete', key: keys.channel(channelId), expect: 'any' },
    { kind: 'delete', key: keys.channelState(channelId), expect: 'any' },
  ])
}

/** Announces what was held back, when its time is over. */
const sumUp = async (
  { catalog, clock, random }: DeliverPorts,
  channels: readonly Channel[],
): Promise<void> => {
  const now = clock.now()
  const states = queryAll<ChannelState>(catalog, keys.channelState('').pk)
  for await (const { sk: channelId, value, version } of states) {
    const channel = channels.find(one => one.channelId === channelId && !one.removed)
    const held = channel && heldBack(value, channel.maxPerHour, now)
    if (!held) continue
    const event = {
      kind: 'summary' as const,
      eventId: ulidMaker({ clock, random })(),
      at: now,
      channelIds: [channelId],
      ...held.told,
    }
    const key = keys.channelState(channelId)
    await catalog
      .write([{ kind: 'put', key, value: held.after, expect: { version } }, ...announcement(event)])
      .catch(error => {
        // Another worker, or a delivery: the next round does it.
        if (!isConflict(error)) throw error
      })
  }
}

export const handler = eventHandler(deliverAll)
