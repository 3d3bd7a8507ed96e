import { keys } from '../catalog/keys.ts'
import type { NotificationEvent } from '../contracts/notifications.ts'
import type { CatalogWrite } from '../ports.ts'

/**
 * What has to be written in the same catalog write as the thing that happened: so it is told if and only if it happened, and once, however often
 * the step that writes it is repeated (docs/decisions/0225-told-if-and-only-if-it-happened.md). Whom it concerns and in which words is decided
 * later, by whoever delivers.
 *
 * @example
 * await catalog.write([
 *   { kind: 'put', key: keys.policy(id), value: policy, expect: { version } },
 *   ...announcement({ kind: 'schedule-missed', eventId: nextId(), at: clock.now(), policyId: id, … }),
 * ])
 */
export const announcement = (event: NotificationEvent): CatalogWrite[] => [
  { kind: 'put', key: keys.outbox(event.eventId), value: { event }, expect: 'absent' },
]
