import { z } from 'zod'
import { NameLabel, Ulid } from './ids.ts'

/**
 * What a secret is called. The value is never part of a channel and never answered: it lies with whoever sends, in the cloud as a SecureString of
 * the Parameter Store, else as a file of mode 0600 in the folder `secrets` of the data directory (docs/notifications.md).
 */
export const SecretName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'must be the name of a secret: letters, digits, dot, dash and underscore',
  )

const Host = z.string().regex(/^[A-Za-z0-9.:_-]{1,255}$/, 'must be a host name or an address')
const Port = z.int().min(1).max(65_535)

/** One address, without a name beside it; nothing that could begin another header. */
const MailAddress = z.email().max(254)

/** E.164: a plus and 8 to 15 digits. */
const Phone = z.string().regex(/^\+[1-9]\d{7,14}$/, 'must be a number like +4930123456')

/** How a mail server knows who sends. */
export const SmtpAuth = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('password'),
    user: z.string().min(1).max(320),
    password: SecretName,
  }),
  /** A token of an authority (Microsoft 365, Google), fetched anew for each message; RFC 6749, sections 4.4 and 6. */
  z.strictObject({
    kind: z.literal('oauth2'),
    user: z.string().min(1).max(320),
    tokenUrl: z.url({ protocol: /^https$/ }).max(2_000),
    clientId: z.string().min(1).max(500),
    clientSecret: SecretName.optional(),
    /** With it the token is asked for in the user's name, without it in the program's own. */
    refreshToken: SecretName.optional(),
    scope: z.string().max(1_000).optional(),
  }),
])
export type SmtpAuth = z.infer<typeof SmtpAuth>

export const SmtpServer = z.strictObject({
  host: Host,
  port: Port.default(587),
  /** `starttls`: begins in clear and goes no further without TLS (RFC 3207). `tls`: from the first byte (RFC 8314). `none`: never encrypted, and never a password. */
  security: z.enum(['starttls', 'tls', 'none']).default('starttls'),
  /** PEM of the authority behind its certificate, where it is none that everybody knows. */
  ca: SecretName.optional(),
  auth: SmtpAuth.optional(),
})
export type SmtpServer = z.infer<typeof SmtpServer>

const Mail = z
  .strictObject({
    kind: z.literal('mail'),
    to: z.array(MailAddress).min(1).max(50), // SES: 50 recipients a message
    from: MailAddress,
    /** Left out: SES, in the cloud. */
    smtp: SmtpServer.optional(),
  })
  .refine(({ smtp }) => smtp?.security !== 'none' || smtp.auth === undefined, {
    message: 'a password is never sent in clear: take "starttls" or "tls", or leave "auth" out',
    path: ['smtp', 'auth'],
  })

/** Text messages by SNS. */
const Sms = z.strictObject({ kind: z.literal('sms'), to: z.array(Phone).min(1).max(10) })

/** A topic of SNS: whatever is subscribed to it, as push messages to telephones. */
const Topic = z.strictObject({
  kind: z.literal('topic'),
  arn: z
    .string()
    .max(300)
    .regex(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$/, 'must be the ARN of an SNS topic'),
})

const WebUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine(
    url => !/^[a-z]+:\/\/[^/?#]*@/i.test(url),
    'must hold no user and password: everybody who sees the channel would read them',
  )

/** Our own JSON, signed as the Standard Webhooks specification has it. */
const Webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: WebUrl,
  /** Key of the signature: `whsec_` and base64, or any text of 24 characters and more. Several lines: each signs, so that a key can be changed. */
  secret: SecretName,
  ca: SecretName.optional(),
})

/** Whoever knows the address of such a webhook may write there, so that the whole address is the secret. */
const Slack = z.strictObject({ kind: z.literal('slack'), url: SecretName })
const Teams = z.strictObject({ kind: z.literal('teams'), url: SecretName })

/** Syslog facilities (RFC 5424, table 1) that are for services and sites. */
export const FACILITIES = {
  ...{ user: 1, daemon: 3, audit: 13, local0: 16, local1: 17, local2: 18, local3: 19 },
  ...{ local4: 20, local5: 21, local6: 22, local7: 23 },
} as const
type Facility = keyof typeof FACILITIES

/** Which gateway sends it; whichever asks first unless told. Secrets of these lie at the gateway. */
const Through = { gatewayId: Ulid.optional() }

export const SyslogTarget = z.strictObject({
  kind: z.literal('syslog'),
  ...Through,
  host: Host,
  /** 514, or 6514 with TLS (RFC 5425), unless told. */
  port: Port.optional(),
  transport: z.enum(['udp', 'tcp', 'tls']),
  facility: z.enum(Object.keys(FACILITIES) as [Facility, ...Facility[]]).default('local0'),
  ca: SecretName.optional(),
  /** PEM of a certificate and its key, in one, for servers that ask who calls. */
  clientCertificate: SecretName.optional(),
  /**
   * When a message counts as delivered over TCP and TLS: `closed`, when the receiver ended the connection after it, or `none`, when it was sent, for receivers that never
   * do. Left out: `closed`. Gateways from before it read no channel that has it.
   */
  confirmation: z.enum(['closed', 'none']).optional(),
})
export type SyslogTarget = z.infer<typeof SyslogTarget>

export const SnmpTarget = z.discriminatedUnion('version', [
  z.strictObject({
    kind: z.literal('snmp'),
    ...Through,
    host: Host,
    port: Port.default(162),
    version: z.literal('2c'),
    community: SecretName,
  }),
  z.strictObject({
    kind: z.literal('snmp'),
    ...Through,
    host: Host,
    port: Port.default(162),
    version: z.literal('3'),
    user: z.string().min(1).max(32), // RFC 3414, usmUserName
    authProtocol: z.enum(['sha', 'sha256', 'sha512']).default('sha256'),
    authKey: SecretName,
    privProtocol: z.enum(['aes', 'aes256b', 'aes256r']).default('aes'),
    privKey: SecretName,
  }),
])
export type SnmpTarget = z.infer<typeof SnmpTarget>

/** Where messages go. */
export const Destination = z.union([
  z.discriminatedUnion('kind', [Mail, Sms, Topic, Webhook, Slack, Teams, SyslogTarget]),
  SnmpTarget,
])
export type Destination = z.infer<typeof Destination>
export type DestinationOf<K extends Destination['kind']> = Extract<Destination, { kind: K }>

/** What an administrator says of a channel. */
export const ChannelDefinition = z.strictObject({
  name: NameLabel.min(1).max(100),
  enabled: z.boolean().default(true),
  /** Beyond so many messages in an hour, one at its end tells how many there were. Daily reports and tests are never held back. */
  maxPerHour: z.int().min(1).max(1_000).default(30),
  to: Destination,
})
export type ChannelDefinition = z.infer<typeof ChannelDefinition>
