import type { EventKind, NotificationEvent, NotifyRule } from '../contracts/notifications.ts'
import type { Context } from './series.ts'

/**
 * Which channels hear of an event: those that it names itself, or those of the rules that ask for its kind. The end of a trouble is told to everybody who
 * hears of the trouble.
 * @param rules the ones for everything, and those of the policy that it is about
 */
export const audienceOf = (
  event: NotificationEvent,
  rules: readonly NotifyRule[],
  { ended }: Pick<Context, 'ended'>,
): string[] => {
  if ('channelIds' in event) return event.channelIds
  const kinds: readonly NotificationEvent['kind'][] = [event.kind, ...(ended?.kinds ?? [])]
  const matching = rules.filter(({ events }) =>
    events.some((kind: EventKind) => kinds.includes(kind)),
  )
  return [...new Set(matching.flatMap(({ channelIds }) => channelIds))]
}
