import { setTimeout as timer } from 'node:timers/promises'

/** What waiting needs; tests replace both. */
export interface Waiting {
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
  /** 0 ≤ x < 1 */
  random(): number
}

export const realWaiting: Waiting = {
  sleep: async (milliseconds, signal) => {
    await timer(milliseconds, undefined, signal && { signal })
  },
  random: Math.random,
}

/** Exponential with a ceiling; half of it is random, so that many gateways do not come back at the same moment. */
export const backoff = (attempt: number, { random }: Pick<Waiting, 'random'>): number => {
  const full = Math.min(30_000, 1_000 * 2 ** attempt)
  return full / 2 + (random() * full) / 2
}
