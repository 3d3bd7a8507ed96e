import type { Clock } from '#core/ports.ts'

/** The machine's clock, in UTC. */
export const systemClock: Clock = { now: () => Date.now() }
