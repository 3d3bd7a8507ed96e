import type { LockPolicy } from './generation.ts'

/** How many objects of a point were locked, and how. */
export interface LockStatistics extends LockPolicy {
  /** objects that this point created and locked */
  objects: number
  /** objects that were there before and whose lock was too short, or none */
  extensions: number
}
