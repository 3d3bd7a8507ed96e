import type { Counts } from './counts.ts'

/** Read off the handlers, for now: `npm run bench:control-plane` counts them. */
export const counted: Counts = {
  asOf: '2026-11-23',
  idlePoll: { requests: 1, functions: 1, reads: 5, writes: 4, transitions: 0 },
  busyPoll: { requests: 1, functions: 1, reads: 5, writes: 4, transitions: 0 },
  heartbeat: { requests: 1, functions: 1, reads: 6, writes: 5, transitions: 0 },
  inventory: { requests: 1, functions: 1, reads: 60, writes: 60, transitions: 0 },
  backup: { requests: 2, functions: 4, reads: 40, writes: 50, transitions: 5 },
  run: { requests: 1, functions: 3, reads: 20, writes: 12, transitions: 4 },
  tendRuns: { requests: 0, functions: 1, reads: 1, writes: 0, transitions: 0 },
  tendReplicas: { requests: 0, functions: 1, reads: 1, writes: 0, transitions: 0 },
  backupBytes: 6000,
  store: { puts: 6, gets: 12, lists: 6 },
}
