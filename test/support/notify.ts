import type { GatewayMessage } from '#core/contracts/channels-api.ts'
import { ChannelSecretMissingError } from '#core/errors/notifications.ts'
import type { Secrets } from '#core/ports.ts'

/** Secrets of a test; another name is not there. */
export const someSecrets = (values: Readonly<Record<string, string>>): Secrets => ({
  async read(name) {
    const value = values[name]
    if (value === undefined) throw new ChannelSecretMissingError(name, 'the test')
    return value
  },
})

export const EVENT = '01J0000000000000000000E000'
export const CHANNEL = '01J0000000000000000000C000'

/** What no name may do to a message: end a line or a header, be markup, turn the direction of writing, be cut in the middle. */
export const NASTY = 'web"]\\<script>alert(1)</script>\r\nBcc: x@evil.example\u202e 💾 Ünï'

/** One message as the control plane hands it to a gateway. */
export const gatewayMessage = <T extends GatewayMessage['to']>(
  to: T,
  more: Partial<GatewayMessage> = {},
): GatewayMessage & { to: T } => ({
  eventId: EVENT,
  channelId: CHANNEL,
  at: Date.UTC(2026, 10, 23, 2, 30),
  kind: 'run-failed',
  severity: 'error',
  subject: 'Backup failed: "web"',
  line: 'Backup failed: "web". The storage repository is full. Free some space.',
  fields: { runId: '01J0000000000000000000R000', title: 'web' },
  ...more,
  to,
})
