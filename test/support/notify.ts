import type { GatewayMessage } from '#core/contracts/channels-api.ts'
import type { NotificationEvent } from '#core/contracts/notifications.ts'
import { ChannelSecretMissingError } from '#core/errors/notifications.ts'
import { compose } from '#core/notifications/text/compose.ts'
import type { OutgoingMessage, Secrets } from '#core/ports.ts'

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

/** A failed backup of a VM with such a name, as a sender is handed it. */
export const nastyMessage = (name = NASTY): OutgoingMessage => {
  const problem = {
    code: 'SR_FULL',
    message: 'The SR is full.',
    advice: 'Free some.',
    retryable: false,
  }
  const event: NotificationEvent = {
    ...{ kind: 'run-failed', eventId: EVENT, at: Date.UTC(2026, 10, 23, 2, 30) },
    ...{ runId: '01J0000000000000000000R000', runKind: 'backup', title: name.slice(0, 500) },
    ...{ started: Date.UTC(2026, 10, 23, 2), ended: Date.UTC(2026, 10, 23, 2, 30) },
    line: `0 of 1 VMs backed up. ${name}`,
    counts: { good: 0, failed: 1, skipped: 0, cancelled: 0 },
    troubles: [{ name, problem, line: name }],
  }
  const context = { inARow: 1, since: event.at, untold: 0 }
  const manner = { timeZone: 'Europe/Berlin', consoleUrl: 'https://console.example.org' }
  const { eventId, at, kind, ...facts } = event
  return { eventId, at, kind, document: compose(event, context, manner), facts }
}
