import type { LockMode } from '#core/ports.ts'

/** What a policy asks for. */
export interface LockPolicy {
  mode: LockMode
  /** whole days, at least 1, for which every object of a point has to be locked from its commit on */
  days: number
}

const DAY = 24 * 60 * 60 * 1000 // ms

/**
 * Locks end only every tenth day. So a pack that is reused each day is extended each tenth day, not each day, and all packs of
 * ten days end together.
 */
const GENERATION = 10 * DAY

/** @returns the earliest end that still fulfils the policy for a point committed now, in milliseconds since 1970 */
export const requiredUntil = (now: number, { days }: LockPolicy): number => now + days * DAY

/**
 * @returns the end that a lock set now gets: the required one, rounded up to a whole generation since 1970, and one more, so that
 * whoever reuses the object within the next ten days finds its lock long enough
 */
export const lockUntil = (now: number, policy: LockPolicy): number =>
  Math.ceil(requiredUntil(now, policy) / GENERATION) * GENERATION + GENERATION
