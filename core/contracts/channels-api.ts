import { z } from 'zod'
import { ChannelDefinition, SnmpTarget, SyslogTarget } from './channels.ts'
import { Instant, NameLabel, Ulid } from './ids.ts'
import { NotifyRule, Severity } from './notifications.ts'
import { PageQuery } from './runs-api.ts'

const Sentence = z.string().max(2_000)

/** How a channel stands. */
export const ChannelView = ChannelDefinition.extend({
  channelId: Ulid,
  created: Instant,
  /** Messages that wait for it. */
  waiting: z.int().nonnegative(),
  lastDelivered: Instant.optional(),
  /** While it does not get through: since when, why, and when it is tried again. */
  failing: z.strictObject({ since: Instant, error: Sentence, nextTry: Instant }).optional(),
  /** Messages that were given up, after a day of trying or because the receiver refused them. */
  lost: z.int().nonnegative(),
  lastLost: z.strictObject({ at: Instant, error: Sentence }).optional(),
  /** One line of plain words. */
  line: z.string().max(2_500),
})
export type ChannelView = z.infer<typeof ChannelView>

/** GET /v1/channels */
export const ListChannelsReply = z.strictObject({
  items: z.array(ChannelView),
  next: z.string().optional(),
})
/** POST /v1/channels */
export const CreateChannelReply = z.strictObject({ channelId: Ulid })
/** DELETE /v1/channels/{channelId} */
export const DeleteChannelReply = z.strictObject({ channelId: Ulid })
/** POST /v1/channels/{channelId}/test: the message goes the way of all others; GET /v1/notifications/{eventId} tells how it went */
export const TestChannelReply = z.strictObject({ eventId: Ulid })

/** What became of one event on one channel. */
export const DeliveryView = z.strictObject({
  channelId: Ulid,
  channelName: NameLabel,
  /** `repeated`: the same problem was told of shortly before. `summed-up`: one message tells of many. `lost`: given up. `off`: the channel is switched off or gone. */
  state: z.enum(['waiting', 'delivered', 'repeated', 'summed-up', 'lost', 'off']),
  at: Instant,
  attempts: z.int().nonnegative(),
  error: Sentence.optional(),
})
export type DeliveryView = z.infer<typeof DeliveryView>

export const NotificationView = z.strictObject({
  eventId: Ulid,
  at: Instant,
  /** Of the event: `run-failed` … Later versions may have more. */
  kind: z.string().max(50),
  severity: Severity,
  /** Ids and names, as the event has them. */
  facts: z.record(z.string(), z.unknown()),
  subject: z.string().max(500),
  text: z.string(),
  /** The how manieth of its kind in a row, from 1. */
  inARow: z.int().positive(),
  deliveries: z.array(DeliveryView),
})
export type NotificationView = z.infer<typeof NotificationView>

/** GET /v1/notifications, newest first */
export const ListNotificationsQuery = PageQuery
export const ListNotificationsReply = z.strictObject({
  items: z.array(NotificationView),
  next: z.string().optional(),
})

const TimeZone = z.string().max(100).refine(isTimeZone, 'must be a time zone like Europe/Berlin')

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** GET and PUT /v1/notification-settings */
export const NotificationSettings = z.strictObject({
  /** For everything, beside the rules that policies have for themselves. */
  rules: z.array(NotifyRule).max(50).default([]),
  reports: z
    .array(
      z.strictObject({
        /** Wall clock in that zone. Where the clock is set forward over it, right after; where back, once. */
        at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time like 07:30'),
        timeZone: TimeZone,
        channelIds: z.array(Ulid).min(1).max(20),
      }),
    )
    .max(20)
    .default([]),
  /** The zone that times in messages are told in. */
  timeZone: TimeZone.default('UTC'),
  /** The same problem of the same thing is told again after this time at the earliest. */
  repeatAfterMinutes: z.int().min(0).max(10_080).default(60),
  /** After this time without a call a gateway is said to be silent. */
  gatewaySilentMinutes: z.int().min(2).max(1_440).default(10),
  /** Where the console is reached from outside: messages have links to it then. */
  consoleUrl: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
})
export type NotificationSettings = z.infer<typeof NotificationSettings>
export const PutNotificationSettingsReply = z.strictObject({ saved: z.literal(true) })

/** One message that a gateway sends into its own network. */
export const GatewayMessage = z.strictObject({
  eventId: Ulid,
  channelId: Ulid,
  to: z.union([SyslogTarget, SnmpTarget]),
  at: Instant,
  /** Of the event: `run-failed` … */
  kind: z.string().max(50),
  severity: Severity,
  subject: z.string().max(500),
  /** Plain text in one line. */
  line: z.string().max(8_000),
  /** Ids and names beside it. */
  fields: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/), z.string().max(1_000)),
})
export type GatewayMessage = z.infer<typeof GatewayMessage>

/** POST /v1/gateways/{gatewayId}/messages: what became of those it had, and which it has next */
export const GatewayMessagesRequest = z.strictObject({
  done: z
    .array(
      z.strictObject({
        eventId: Ulid,
        channelId: Ulid,
        /** Left out: its receiver has it, or, with UDP, it was sent. */
        error: Sentence.optional(),
        /** It makes no sense to try again. */
        final: z.boolean().optional(),
      }),
    )
    .max(100),
})
export const GatewayMessagesReply = z.strictObject({ messages: z.array(GatewayMessage).max(20) })
