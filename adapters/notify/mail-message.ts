import type { DestinationOf } from '#core/contracts/channels.ts'
import type { Document } from '#core/notifications/text/document.ts'
import { htmlText } from '#core/notifications/text/html.ts'
import { plainText } from '#core/notifications/text/plain.ts'
import type { OutgoingMessage } from '#core/ports.ts'

/**
 * A mail as nodemailer takes it: HTML and a plain part. Its Message-ID is made of the event and the sender's domain, the same in each try: mail programs show one
 * that came twice once. It bears the marks of machines (RFC 3834), so that nobody's holiday answers it.
 */
export const mailMessage = (
  { from, to }: DestinationOf<'mail'>,
  { eventId, at, kind, document }: OutgoingMessage,
) => ({
  from: { name: 'XenKeep', address: from },
  to,
  subject: document.subject,
  text: plainText(document),
  html: htmlText(document),
  date: new Date(at),
  messageId: `<${eventId}.${kind}@${from.slice(from.indexOf('@') + 1)}>`,
  headers: { 'Auto-Submitted': 'auto-generated', 'X-XenKeep-Event': kind },
  ...(isUrgent(document) ? { priority: 'high' as const } : {}),
  // Nothing of what a mail says may be taken for the name of a file or an address to be read.
  disableFileAccess: true,
  disableUrlAccess: true,
})

const isUrgent = ({ severity }: Document): boolean =>
  severity === 'error' || severity === 'critical'
