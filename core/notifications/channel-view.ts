import type { ChannelView } from '../contracts/channels-api.ts'
import type { Channel, ChannelState } from './channel.ts'

/** A channel as people see it. Secrets are names; their values are nowhere in it. */
export const viewChannel = (
  { removed: _, ...channel }: Channel,
  { lastDelivered, failing, lost, lastLost }: ChannelState,
  waiting: number,
): ChannelView => {
  const view = {
    ...channel,
    waiting,
    ...(lastDelivered === undefined ? {} : { lastDelivered }),
    ...(failing && {
      failing: { since: failing.since, error: failing.error, nextTry: failing.nextTry },
    }),
    lost,
    ...(lastLost && { lastLost }),
  }
  return { ...view, line: lineOf(view) }
}

const lineOf = ({
  enabled,
  failing,
  waiting,
  lost,
  lastLost,
  lastDelivered,
}: Omit<ChannelView, 'line'>): string => {
  const many = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`
  const gone = lost > 0 && lastLost ? ` ${many(lost)} given up; the last: ${lastLost.error}` : ''
  if (!enabled) return `switched off: nothing is sent.${gone}`
  if (failing)
    return `failing since ${new Date(failing.since).toISOString()}: ${failing.error} ${many(waiting)} waiting, tried again ${new Date(failing.nextTry).toISOString()}.${gone}`
  if (waiting > 0) return `${many(waiting)} on the way.${gone}`
  return lastDelivered === undefined
    ? `nothing was sent yet.${gone}`
    : `works; the last message got through ${new Date(lastDelivered).toISOString()}.${gone}`
}
