import { isSignedOut } from './problem.ts'

/** How long a person waits for another try that they do not see, in ms; what asks for longer is told at once. */
const HIDDEN_MS = 2_500
const TRIES = 3
const PAUSE_MS = 500

interface Failure {
  retryable?: boolean
  /** How long the control plane asks to be left alone, ms. */
  retryAfterMs?: number | undefined
}

/**
 * Whether a call that failed is made again before anybody is told.
 * @param failures so far, this one left out
 */
export const isTriedAgain = (failures: number, error: unknown): boolean => {
  const { retryable, retryAfterMs = 0 } = error as Failure
  return (
    failures < TRIES - 1 && retryable === true && !isSignedOut(error) && retryAfterMs <= HIDDEN_MS
  )
}

/** When it is made again: later each time, and never before the control plane wants it. ms */
export const pauseAfter = (failures: number, error: unknown): number =>
  Math.max(PAUSE_MS * 2 ** (failures + 1), (error as Failure).retryAfterMs ?? 0)

/**
 * How often a page looks again: never before the control plane wants it. A look that failed for a cause that passes by itself is taken again also where one look
 * is enough.
 * @param every ms, or that one look is enough
 */
export const everyAfter = (every: number | false, error: unknown): number | false => {
  const { retryable, retryAfterMs } = (error ?? {}) as Failure
  if (retryAfterMs !== undefined) return Math.max(every || 0, retryAfterMs)
  return every === false && retryable === true ? LOOK_AGAIN_MS : every
}

const LOOK_AGAIN_MS = 10_000
