/**
 * What looks after something now and then, by the file of its handler (functions/events/): minutes between two calls in the cloud. Deployed as it stands here
 * (infra/constructs/tending.ts), and reckoned with.
 */
export const TICKS = {
  'tend-runs': 5,
  'copy-audit': 15,
  watch: 1,
  deliver: 1,
  'tend-maintenance': 15,
  'tend-replicas': 1,
  'tend-policies': 1,
} as const
export type Tick = keyof typeof TICKS
export const TICK_NAMES = Object.keys(TICKS) as Tick[]
