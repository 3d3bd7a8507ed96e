import type { NotificationSettings, NotificationView } from '../contracts/channels-api.ts'
import type { Notice } from './notice.ts'
import { compose } from './text/compose.ts'
import { plainText } from './text/plain.ts'

/** A notification as people see it: in the words that were sent. */
export const viewNotice = (
  { event, context, deliveries }: Notice,
  settings: NotificationSettings,
): NotificationView => {
  const document = compose(event, context, settings)
  const { eventId, at, kind, ...facts } = event
  return {
    eventId,
    at,
    kind,
    severity: document.severity,
    facts,
    subject: document.subject,
    text: plainText(document),
    inARow: context.inARow,
    deliveries,
  }
}
