import type { LockStatistics } from './lock/statistics.ts'

/** What one attempt of a job did, in bytes and counts. Grows while the point is written. */
export interface PointStatistics {
  /** chunks given to us that were not zero */
  chunks: number
  /** bytes given to us by `write` and `zero` */
  changedBytes: number
  /** plaintext of chunks that the repository did not know */
  newBytes: number
  /** new chunks compressed at zstd level 3, because the store was the bottleneck or the level was asked for; the others at 1 */
  level3Chunks: number
  /** bytes of all objects sent, but for the commit record, which holds this figure: see `Point.size` */
  storedBytes: number
  /** bytes given to us that turned out, or were said, to be zero */
  zeroBytes: number
  /** packs sent, data and metadata */
  packs: number
  /** objects created, commit record included */
  puts: number
  /** bytes of disk that earlier attempts of the job had done; only where there were some */
  resumedBytes?: number | undefined
  /** only where a lock was asked for */
  lock?: LockStatistics | undefined
}
