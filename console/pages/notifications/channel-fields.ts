import { type Destination, FACILITIES } from '#core/contracts/channels.ts'
import { notifications } from '../../text/notifications.ts'

const words = notifications.fields

/** What is typed, by the path of the member it stands for (`smtp.auth.user`). */
export type Values = Readonly<Record<string, string>>

export interface Field {
  /** Where it stands in the destination; one that begins with `~` only decides which others there are. */
  path: string
  label: string
  /** `secret`: the name of one. `lines`: several. */
  type: 'text' | 'number' | 'lines' | 'secret' | 'gateway' | 'choice'
  optional?: true
  hint?: string
  choices?: readonly { value: string; label: string }[]
  /** What stands there at first. */
  first?: string
  /** Whether it is asked for. */
  when?: (values: Values) => boolean
}

const choices = (of: Readonly<Record<string, string>>) =>
  Object.entries(of).map(([value, label]) => ({ value, label }))

const is = (path: string, value: string) => (values: Values) => values[path] === value
const bySmtp = is('~by', 'smtp')
const both =
  (...all: readonly ((values: Values) => boolean)[]) =>
  (values: Values) =>
    all.every(one => one(values))

const text = (path: string, label: string, more: Partial<Field> = {}): Field => ({
  ...{ path, label, type: 'text' },
  ...more,
})
const secret = (path: string, label: string, more: Partial<Field> = {}): Field =>
  text(path, label, { type: 'secret', ...more })
const choice = (
  path: string,
  label: string,
  of: Readonly<Record<string, string>>,
  first: string,
  more: Partial<Field> = {},
): Field => text(path, label, { type: 'choice', choices: choices(of), first, ...more })
const port = (path: string, first: string, more: Partial<Field> = {}): Field =>
  text(path, words.port, { type: 'number', first, ...more })

const ca = (path: string, more: Partial<Field> = {}) =>
  secret(path, words.ca, { optional: true, ...more })
const GATEWAY = text('gatewayId', words.gateway, { type: 'gateway', optional: true })
const byPassword = both(bySmtp, is('smtp.auth.kind', 'password'))
const byOauth = both(bySmtp, is('smtp.auth.kind', 'oauth2'))
const isV2c = is('version', '2c')
const isV3 = is('version', '3')
const same = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, name]))

/** What is asked of each kind, in the order of the form. */
export const FIELDS: Record<Destination['kind'], readonly Field[]> = {
  mail: [
    text('from', words.from),
    text('to', words.to, { type: 'lines' }),
    choice('~by', words.by, { smtp: words.bySmtp, ses: words.bySes }, 'smtp'),
    text('smtp.host', words.host, { when: bySmtp }),
    port('smtp.port', '587', { when: bySmtp }),
    choice('smtp.security', words.security, words.securities, 'starttls', { when: bySmtp }),
    ca('smtp.ca', { when: bySmtp }),
    choice('smtp.auth.kind', words.auth, words.auths, 'none', { when: bySmtp }),
    text('smtp.auth.user', words.user, { when: values => byPassword(values) || byOauth(values) }),
    secret('smtp.auth.password', words.password, { when: byPassword }),
    text('smtp.auth.tokenUrl', words.tokenUrl, { when: byOauth }),
    text('smtp.auth.clientId', words.clientId, { when: byOauth }),
    secret('smtp.auth.clientSecret', words.clientSecret, { when: byOauth, optional: true }),
    secret('smtp.auth.refreshToken', words.refreshToken, { when: byOauth, optional: true }),
    text('smtp.auth.scope', words.scope, { when: byOauth, optional: true }),
  ],
  webhook: [text('url', words.url), secret('secret', words.signature), ca('ca')],
  slack: [secret('url', words.webhookUrl)],
  teams: [secret('url', words.workflowUrl)],
  sms: [text('to', words.phones, { type: 'lines', hint: words.phonesHint })],
  topic: [text('arn', words.arn)],
  syslog: [
    text('host', words.host),
    choice('transport', words.transport, words.transports, 'tls'),
    text('port', words.port, { type: 'number', optional: true }),
    choice('facility', words.facility, same(Object.keys(FACILITIES)), 'local0'),
    ca('ca', { when: is('transport', 'tls') }),
    secret('clientCertificate', words.clientCertificate, {
      optional: true,
      when: is('transport', 'tls'),
    }),
    choice('confirmation', words.confirmation, words.confirmations, 'closed', {
      when: values => values.transport !== 'udp',
    }),
    GATEWAY,
  ],
  snmp: [
    text('host', words.host),
    port('port', '162'),
    choice('version', words.version, { 3: '3', '2c': '2c' }, '3'),
    secret('community', words.community, { when: isV2c }),
    text('user', words.user, { when: isV3 }),
    choice('authProtocol', words.authProtocol, same(['sha', 'sha256', 'sha512']), 'sha256', {
      when: isV3,
    }),
    secret('authKey', words.authKey, { when: isV3 }),
    choice('privProtocol', words.privProtocol, same(['aes', 'aes256b', 'aes256r']), 'aes', {
      when: isV3,
    }),
    secret('privKey', words.privKey, { when: isV3 }),
    GATEWAY,
  ],
}
