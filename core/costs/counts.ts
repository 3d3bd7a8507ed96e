import type { Tick } from './ticks.ts'

/** What some work asks of the control plane, in the units that are billed. */
export interface Calls {
  /** calls of the HTTP API */
  requests: number
  /** Lambda functions run: one for each call of the API, one for each task of a state machine */
  functions: number
  /** read request units (4 KB, consistent) */
  reads: number
  /** write request units (1 KB; twice in a transaction) */
  writes: number
  /** states entered, and one for the start of each execution */
  transitions: number
}

/** Counted by `npm run bench:control-plane` on the handlers and the state machines themselves; one file for each date. */
export interface Counts {
  /** `2026-11-23` */
  asOf: string
  /** a gateway that asks for work and there is none, for one call */
  idlePoll: Calls
  /** the same call while it has its hands full */
  busyPoll: Calls
  heartbeat: Calls
  /** a pool with 50 VMs, told anew and unchanged */
  inventory: Calls
  /** one more VM in a run, from its dispatch to its point in the catalog, without polls and heartbeats */
  backup: Calls
  /** a run itself, whatever it holds */
  run: Calls
  /** what looks after something by the clock, for one call that finds nothing to do */
  ticks: Record<Tick, Calls>
  /** bytes of the catalog that a backup leaves behind: its job, its point */
  backupBytes: number
  /** calls of the object store by one increment with one disk, its packs left out */
  store: { puts: number; gets: number; lists: number }
}
