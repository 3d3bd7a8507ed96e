import type { ChannelDefinition, Destination } from '../contracts/channels.ts'
import type { Told } from './told.ts'

/** A channel as the catalog keeps it. */
export interface Channel extends ChannelDefinition {
  channelId: string
  created: number
  /** When it was removed; what waits for it is dropped, then it goes. */
  removed?: number
}

/** Who sends: a gateway into its own network, or the control plane itself. */
export const throughOf = ({ kind }: Pick<Destination, 'kind'>): 'direct' | 'gateway' =>
  kind === 'syslog' || kind === 'snmp' ? 'gateway' : 'direct'

/** How a channel stands. */
export interface ChannelState {
  lastDelivered?: number
  failing?: { since: number; attempts: number; error: string; nextTry: number }
  lost: number
  lastLost?: { at: number; error: string }
  /** What it was told since when, and what was held back. */
  hour?: Told
}

export const newChannelState: ChannelState = { lost: 0 }

const SHORTEST = 30_000 // ms
const LONGEST = 30 * 60_000 // ms: an outage of a night ends half an hour after it at the latest

/** How long a message is tried, in ms: a day. */
export const GIVE_UP_AFTER = 24 * 3_600_000

/**
 * @param chance 0 to 1: spreads the tries of many, as when one server serves all channels
 * @param retryAfterMs what the receiver asked for; heard up to six hours
 * @returns when a channel is tried again that failed `attempts` times in a row
 */
export const nextTry = (
  attempts: number,
  now: number,
  chance: number,
  retryAfterMs = 0,
): number => {
  const wait = Math.min(LONGEST, SHORTEST * 2 ** Math.min(attempts - 1, 20))
  const spread = Math.round(wait * (0.5 + chance / 2))
  return now + Math.max(spread, Math.min(retryAfterMs, 6 * 3_600_000))
}

export const delivered = (state: ChannelState, now: number): ChannelState => {
  const { failing: _, ...rest } = state
  return { ...rest, lastDelivered: now }
}

export const notDelivered = (
  state: ChannelState,
  {
    error,
    now,
    chance,
    retryAfterMs,
  }: { error: string; now: number; chance: number; retryAfterMs?: number | undefined },
): ChannelState => {
  const { failing: before } = state
  // Of messages that were under way together, the first one counts: one hiccup is one failure.
  const isSame = before !== undefined && now < before.nextTry
  const attempts = (before?.attempts ?? 0) + (isSame ? 0 : 1)
  const since = before?.since ?? now
  return {
    ...state,
    failing: { since, attempts, error, nextTry: nextTry(attempts, now, chance, retryAfterMs) },
  }
}

export const gaveUp = (state: ChannelState, error: string, now: number): ChannelState => ({
  ...state,
  lost: state.lost + 1,
  lastLost: { at: now, error },
})
