import { queryAll, retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { DeliveryView } from '../contracts/channels-api.ts'
import type { NotificationEvent, NotifyRule } from '../contracts/notifications.ts'
import type { StoredPolicy } from '../policies/policies-catalog.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'
import { type Channel, type ChannelState, newChannelState, throughOf } from './channel.ts'
import { readAllChannels } from './channels-catalog.ts'
import type { Delivery } from './delivery.ts'
import { countTold } from './hold-back.ts'
import { type Notice, sweepNotices } from './notice.ts'
import { audienceOf } from './rules.ts'
import { placeOf, type Series, scheduleRow, within } from './series.ts'
import { readNotificationSettings } from './settings.ts'

interface Announced {
  event: NotificationEvent
}

/**
 * Finds out whom each announced event concerns: it leaves the outbox in the same write that makes its deliveries, so that two workers make them once.
 * One that cannot be routed stays and holds up no other.
 * @param budget events at most
 * @param isOver asked before each: whether the time for this is used up
 * @returns how many events were routed, and why others were not
 */
export const routeOutbox = async (
  catalog: Catalog,
  now: number,
  { budget = 200, isOver = () => false }: { budget?: number; isOver?: () => boolean } = {},
): Promise<{ routed: number; troubles: unknown[] }> => {
  let routed = 0
  const troubles: unknown[] = []
  for await (const { sk } of queryAll<Announced>(catalog, keys.outbox('').pk, { page: 100 })) {
    if (routed === budget || isOver()) break
    await retryOnConflict(() => routeOne(catalog, sk, now)).then(
      () => {
        routed++
      },
      error => {
        troubles.push(error)
      },
    )
  }
  if (routed > 0) await sweepNotices(catalog, now)
  return { routed, troubles }
}

const routeOne = async (catalog: Catalog, eventId: string, now: number): Promise<void> => {
  const announced = await catalog.get<Announced>(keys.outbox(eventId))
  if (!announced) return // another worker has done it
  const { event } = announced.value
  const settings = await readNotificationSettings(catalog)
  const place = placeOf(event)
  const row = place && (await catalog.get<Series>(keys.series(place.name)))
  const quietMs = settings.repeatAfterMinutes * 60_000
  const { after, told, context } = within(row?.value, place, event, quietMs)

  const rules = [...settings.rules, ...(await rulesOfPolicy(catalog, event))]
  const audience = audienceOf(event, rules, context)
  const channels = new Map(
    audience.length === 0
      ? []
      : (await readAllChannels(catalog)).map(item => [item.channelId, item]),
  )
  const writes: CatalogWrite[] = []
  const deliveries: DeliveryView[] = []
  for (const channelId of audience) {
    const { delivery, beside } = await forChannel(catalog, {
      channel: channels.get(channelId),
      channelId,
      event,
      told,
      now,
    })
    deliveries.push(delivery)
    writes.push(...beside)
  }
  const notice: Notice = { event, context, deliveries }
  await catalog.write([
    { kind: 'delete', key: keys.outbox(eventId), expect: { version: announced.version } },
    { kind: 'put', key: keys.notice(eventId), value: notice, expect: 'absent' },
    ...(place ? seriesWrite(place.name, row, after) : []),
    ...begunAfter(event),
    ...writes,
  ])
}

/** A run that ended had begun: what was missed before it is no row with what is missed after it. */
const begunAfter = (event: NotificationEvent): CatalogWrite[] => {
  const name = 'runKind' in event ? scheduleRow(event) : undefined
  return name === undefined ? [] : [{ kind: 'delete', key: keys.series(name), expect: 'any' }]
}

const seriesWrite = (
  name: string,
  before: CatalogItem<Series> | undefined,
  after: Series | undefined,
): CatalogWrite[] => {
  const key = keys.series(name)
  const expect = before ? { version: before.version } : ('absent' as const)
  if (after) return [{ kind: 'put', key, value: after, expect }]
  return before ? [{ kind: 'delete', key, expect }] : []
}

/** A policy that is deleted still hears of the run that was under way. */
const rulesOfPolicy = async (
  catalog: Catalog,
  event: NotificationEvent,
): Promise<readonly NotifyRule[]> => {
  if (!('policyId' in event) || event.policyId === undefined) return []
  const item = await catalog.get<StoredPolicy>(keys.policy(event.policyId))
  return item?.value.policy.notify ?? []
}

/** These are too rare and too weighty to be held back, or were asked for. */
const NEVER_HELD: ReadonlySet<NotificationEvent['kind']> = new Set([
  'daily-report',
  'channel-test',
  'summary',
  'damage-found',
  'restore-approval-asked',
  'region-taken-over',
])

/** Whom an event is about, for the message that stands for many. */
const nameOf = (event: NotificationEvent): { name?: string } => {
  const { policyName, title, name } = event as {
    policyName?: string
    title?: string
    name?: string
  }
  const found = policyName ?? title ?? name
  return found === undefined ? {} : { name: found.slice(0, 100).toWellFormed() }
}

const forChannel = async (
  catalog: Catalog,
  {
    channel,
    channelId,
    event,
    told,
    now,
  }: {
    channel: Channel | undefined
    channelId: string
    event: NotificationEvent
    told: boolean
    now: number
  },
): Promise<{ delivery: DeliveryView; beside: CatalogWrite[] }> => {
  const as = (state: DeliveryView['state']): DeliveryView => ({
    channelId,
    channelName: channel?.name ?? '',
    state,
    at: now,
    attempts: 0,
  })
  if (!channel?.enabled || channel.removed !== undefined) return { delivery: as('off'), beside: [] }
  if (!told) return { delivery: as('repeated'), beside: [] }

  const delivery: Delivery = { channelId, eventId: event.eventId, at: now, attempts: 0 }
  const key = keys.delivery(throughOf(channel.to), channelId, event.eventId)
  const deliver: CatalogWrite = { kind: 'put', key, value: delivery, expect: 'absent' }
  if (NEVER_HELD.has(event.kind)) return { delivery: as('waiting'), beside: [deliver] }

  const stateKey = keys.channelState(channelId)
  const item = await catalog.get<ChannelState>(stateKey)
  const { maxPerHour } = channel
  const one = { kind: event.kind, ...nameOf(event), maxPerHour, now }
  const counted = countTold(item?.value ?? newChannelState, one)
  const expect = item ? { version: item.version } : ('absent' as const)
  const count: CatalogWrite = { kind: 'put', key: stateKey, value: counted.state, expect }
  return counted.told
    ? { delivery: as('waiting'), beside: [deliver, count] }
    : { delivery: as('summed-up'), beside: [count] }
}
