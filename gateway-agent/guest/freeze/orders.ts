/** What the agent tells a helper (helper.ts). All of one freeze bear its lease. */
export type Order =
  /** Open these mount points, and keep the program in memory. `peer`: process id of the other helper, where that is the one that freezes. */
  | { order: 'open'; lease: string; mounts: readonly string[]; peer?: number }
  /** Write what waits to be written. */
  | { order: 'sync'; lease: string }
  /** Thaw by yourself when so many ms are over, from now on. */
  | { order: 'arm'; lease: string; ms: number }
  /** Freeze what is open. Only one of the helpers is told so. */
  | { order: 'freeze'; lease: string }
  /** Thaw what is open, and close it. */
  | { order: 'thaw'; lease: string }
  /** Close it without thawing: nothing of it was frozen by us. */
  | { order: 'forget'; lease: string }

/** What became of an order. `why`: a clause, where it could not be. */
export interface Done {
  did: Order['order']
  lease: string
  why?: string
}
