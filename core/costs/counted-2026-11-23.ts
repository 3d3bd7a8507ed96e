import type { Counts } from './counts.ts'

/** Written by `npm run bench:control-plane -- --write`; do not change by hand. */
export const counted: Counts = {
  asOf: '2026-11-23',
  idlePoll: {
    requests: 1,
    functions: 1,
    reads: 5,
    writes: 2.83,
    transitions: 0,
  },
  busyPoll: {
    requests: 1,
    functions: 1,
    reads: 4,
    writes: 2,
    transitions: 0,
  },
  heartbeat: {
    requests: 1,
    functions: 1,
    reads: 6,
    writes: 3,
    transitions: 0,
  },
  inventory: {
    requests: 1,
    functions: 1,
    reads: 7,
    writes: 4,
    transitions: 0,
  },
  backup: {
    requests: 2.24,
    functions: 4.24,
    reads: 24.84,
    writes: 24.48,
    transitions: 5,
  },
  run: {
    requests: 3,
    functions: 5,
    reads: 20,
    writes: 22,
    transitions: 5,
  },
  tendRuns: {
    requests: 0,
    functions: 1,
    reads: 1,
    writes: 0,
    transitions: 0,
  },
  tendReplicas: {
    requests: 0,
    functions: 1,
    reads: 1,
    writes: 0,
    transitions: 0,
  },
  backupBytes: 2461,
  store: {
    puts: 4,
    gets: 7,
    lists: 7,
  },
}
