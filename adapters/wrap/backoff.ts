import { XenkeepError } from '#core/errors/base.ts'

/** Together they give a store about half a minute to come back: 0.2, 0.4, 0.8 … 20 s, each shortened by chance. */
const DEFAULTS = {
  attempts: 9,
  firstDelay: 200, // ms
  longestDelay: 20_000, // ms
}

export interface BackoffOptions {
  /** Waits that many milliseconds. */
  sleep: (ms: number) => Promise<void>
  /** @returns a number in [0, 1): spreads callers that failed together. Math.random unless told. */
  chance?: () => number
  /** Calls in all, at least 1. */
  attempts?: number
  /** milliseconds before the second call; doubled before each further one */
  firstDelay?: number
  /** milliseconds */
  longestDelay?: number
}

const isRetryable = (error: unknown): boolean => error instanceof XenkeepError && error.retryable

/**
 * Calls `work` again while its error says that this can help.
 * @param work gets the number of the call, from 1
 */
export const withBackoff = async <T>(
  options: BackoffOptions,
  work: (attempt: number) => Promise<T>,
): Promise<T> => {
  const settings = { ...DEFAULTS, chance: Math.random, ...options }
  const { sleep, chance, attempts, firstDelay, longestDelay } = settings
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error
      const delay = Math.min(longestDelay, firstDelay * 2 ** (attempt - 1))
      await sleep(delay * (0.5 + chance() / 2))
    }
  }
}
