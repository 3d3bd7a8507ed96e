import { createHmac } from 'node:crypto'
import { DeliveryFailedError } from '#core/errors/notifications.ts'
import { plainText } from '#core/notifications/text/plain.ts'
import type { Clock, OutgoingMessage, Secrets } from '#core/ports.ts'
import { postJson } from './post-json.ts'
import type { Sender } from './senders.ts'
import type { WebCall } from './web-call.ts'

const SHORTEST = 24 // bytes: what the Standard Webhooks specification asks of a key at least

/**
 * JSON with a signature as the Standard Webhooks specification has it: HMAC-SHA256 over id, time and body, so that none of the three can be changed, and an
 * old message sent again shows its age. The id is the event's, the same in each try.
 */
export const webhookSender =
  ({
    secrets,
    clock,
    call,
  }: {
    secrets: Secrets
    clock: Clock
    call: WebCall
  }): Sender<'webhook'> =>
  async ({ url, secret, ca }, message) => {
    const keys = keysOf(await secrets.read(secret), secret)
    const body = JSON.stringify(bodyOf(message))
    const timestamp = String(Math.floor(clock.now() / 1_000))
    await postJson(
      {
        url,
        body,
        headers: {
          'webhook-id': message.eventId,
          'webhook-timestamp': timestamp,
          'webhook-signature': keys
            .map(key => signatureOf(key, `${message.eventId}.${timestamp}.${body}`))
            .join(' '),
        },
        ...(ca === undefined ? {} : { ca: await secrets.read(ca) }),
      },
      call,
    )
  }

const signatureOf = (key: Buffer, content: string): string =>
  `v1,${createHmac('sha256', key).update(content).digest('base64')}`

/** One key a line: while a receiver changes from one to the next, both sign. */
const keysOf = (text: string, name: string): Buffer[] => {
  const keys = text
    .split('\n')
    .map(line => line.trim())
    .filter(Boolean)
    .map(line =>
      line.startsWith('whsec_') ? Buffer.from(line.slice(6), 'base64') : Buffer.from(line, 'utf8'),
    )
  if (keys.length === 0 || keys.some(key => key.length < SHORTEST))
    throw new DeliveryFailedError(
      `the secret "${name}" is no key: "whsec_" and at least ${SHORTEST} bytes in base64, or as many characters`,
    )
  return keys
}

const bodyOf = ({ eventId, at, kind, document, facts }: OutgoingMessage) => ({
  type: kind,
  timestamp: new Date(at).toISOString(),
  id: eventId,
  severity: document.severity,
  subject: document.subject,
  text: plainText(document),
  ...(document.link && { link: document.link.url }),
  data: facts,
})
