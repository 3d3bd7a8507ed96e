import type { ChannelState } from './channel.ts'
import type { Held, Told } from './told.ts'

const HOUR = 3_600_000 // ms
/** What comes at once, as when a storage goes away under thirty policies, is told in one message this much later, in ms. */
const BURST = 10 * 60_000
const NAMED = 20

const isOver = (since: number, length: number, now: number): boolean => now - since >= length

const isHolding = ({ held }: Told): boolean => Object.keys(held).length > 0

/** A sixth of what it takes in an hour, five at least, may come within ten minutes. */
const atOnce = (maxPerHour: number): number =>
  Math.min(maxPerHour, Math.max(5, Math.ceil(maxPerHour / 6)))

/**
 * Counts one message against what the channel takes in an hour, and at once. What was held back holds the next ones back too until it has been told of, so that
 * the sum comes first.
 * @param name of what it is about, where it has one
 */
export const countTold = (
  state: ChannelState,
  { kind, name, maxPerHour, now }: { kind: string; name?: string; maxPerHour: number; now: number },
): { state: ChannelState; told: boolean } => {
  const found = state.hour
  const hour: Told =
    found && (isHolding(found) || !isOver(found.start, HOUR, now))
      ? found
      : { start: now, told: 0, held: {} }
  const burst =
    hour.burst && !isOver(hour.burst.start, BURST, now) ? hour.burst : { start: now, told: 0 }
  if (!isHolding(hour) && hour.told < maxPerHour && burst.told < atOnce(maxPerHour)) {
    const counted = { ...hour, told: hour.told + 1, burst: { ...burst, told: burst.told + 1 } }
    return { state: { ...state, hour: counted }, told: true }
  }
  const held = { ...hour.held, [kind]: (hour.held[kind] ?? 0) + 1 }
  const { named = [], heldFrom = now } = hour
  const more = name !== undefined && named.length < NAMED ? [{ kind, name }] : []
  return {
    state: { ...state, hour: { ...hour, held, heldFrom, named: [...named, ...more] } },
    told: false,
  }
}

/**
 * @returns what was held back and is to be told now in one message, and the channel after it: at the end of the hour where it has had what it takes in one, else
 *   ten minutes after the first
 */
export const heldBack = (
  { hour, ...rest }: ChannelState,
  maxPerHour: number,
  now: number,
):
  | { told: { from: number; held: Record<string, number>; named: Held[] }; after: ChannelState }
  | undefined => {
  if (!hour || !isHolding(hour)) return undefined
  const { start, told, held, named = [], heldFrom = start } = hour
  const summed = { from: heldFrom, held, named }
  if (isOver(start, HOUR, now)) return { told: summed, after: rest }
  if (told >= maxPerHour || !isOver(heldFrom, BURST, now)) return undefined
  const after = { start, told: told + 1, held: {}, burst: { start: now, told: 1 } }
  return { told: summed, after: { ...rest, hour: after } }
}
