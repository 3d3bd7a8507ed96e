import { setTimeout } from 'node:timers/promises'

/** Waiting, so that tests need not. */
export interface Patience {
  /**
   * @param milliseconds to wait at most
   * @returns when they are over or `signal` is aborted, never by an error
   */
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>
}

export const realPatience: Patience = {
  async wait(milliseconds, signal) {
    await setTimeout(milliseconds, undefined, signal ? { signal } : {}).catch(() => undefined)
  },
}

/**
 * How long to wait before the next attempt: doubles from 0.5 s to 30 s, with a random part so that many gateways do not
 * come back in step.
 * @param attempt from 0
 * @param random between 0 and 1
 * @returns milliseconds
 */
export const backOff = (attempt: number, random: number): number =>
  Math.min(500 * 2 ** Math.min(attempt, 6), 30_000) * (0.5 + random / 2)
