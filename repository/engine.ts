import { availableParallelism } from 'node:os'
import type { Clock, ObjectStore, Random } from '#core/ports.ts'
import type { CompressionLevel } from './crypto/compress.ts'
import type { Keys } from './crypto/keys.ts'
import type { Moves } from './gc/moves.ts'
import type { IndexTable } from './index/table.ts'
import type { PointLocks } from './lock/point-locks.ts'
import type { KnownDamage } from './lost/known-damage.ts'
import type { Crew } from './workers/crew.ts'
import type { BufferPool } from './write/buffer-pool.ts'
import type { ByteBudget } from './write/byte-budget.ts'
import type { Semaphore } from './write/semaphore.ts'

/** What every part of an opened repository works with. */
export interface Engine {
  readonly store: ObjectStore
  /** while a locked point is written: what `store` creates then is locked */
  readonly locks?: PointLocks
  readonly keys: Keys
  readonly clock: Clock
  readonly random: Random
  /** key epoch of what is written now */
  readonly epoch: number
  readonly index: IndexTable
  /** what new points must not rest on */
  readonly damage: KnownDamage
  /** what collectors have rewritten, as far as we know */
  readonly moves: Moves
  /** bytes in buffers, chunk work and packs on their way */
  readonly budget: ByteBudget
  /** memory for chunks and packs, used again */
  readonly buffers: BufferPool
  /** does the work on chunks */
  readonly crew: Crew
  /** chunks on their way into packs at once */
  readonly work: Semaphore
  /** chunks being opened at once */
  readonly opening: Semaphore
  readonly tuning: Tuning
}

/** Every number that trades speed, memory and requests against each other. */
export interface Tuning {
  /** A pack is closed when its records reach this many bytes: one PUT per 32 MiB costs 1/32 of one per chunk. */
  packTarget: number
  /** ms after which a pack that gets nothing more is sent, so that a slow source does not hold work back */
  packIdle: number
  /** `auto`: by what is the bottleneck (write/level-chooser.ts) */
  compressionLevel: CompressionLevel | 'auto'
  /** threads for the work on chunks; 0: none, everything in the calling thread */
  workers: number
  /**
   * bytes of chunks that are worked on in the calling thread before threads are started: two take 0.1 s of CPU to start, as much as 30 MiB of
   * chunks. A backup of what did not change needs none
   */
  alone: number
  /** chunks on their way into packs at once: being read, at work, or queued for it */
  chunksAtWork: number
  /** Closed packs of one job on their way to the store at once; the next chunk waits. */
  packsAhead: number
  /** bytes of one piece of a pack in memory: a pack takes as many as it needs */
  packBlock: number
  /** bytes of buffers for the whole process */
  budget: number
  /** Of a pack's records one in so many is read back before it is sent. */
  selfCheckEvery: number
  /** Restore: ranges nearer than this are read by one GET (bytes)… */
  joinGap: number
  /** …of at most this size (bytes). */
  joinLimit: number
  /** Restore: plaintext planned at once (bytes); up to `segmentsAhead` of these are in memory. */
  segment: number
  segmentsAhead: number
  /** Restore in any order: plaintext planned at once (bytes)… */
  window: number
  /** …and GETs whose chunks are in memory at once. */
  getsAhead: number
  /** Trailers, and other small objects, asked for at once. */
  requests: number
  /** First GET of a trailer: the last so many bytes of a pack. */
  trailerGuess: number
  /** bytes; a larger pack table goes into records of a metadata pack */
  maxInlineTable: number
  /** A checkpoint is written when so many bytes of packs were sent since the last one: one PUT for 16 packs… */
  checkpointBytes: number
  /** …or so many ms went by. */
  checkpointMs: number
}

const MiB = 1024 * 1024

export const DEFAULT_TUNING: Tuning = {
  packTarget: 32 * MiB,
  packIdle: 60_000,
  compressionLevel: 'auto',
  workers: availableParallelism(),
  alone: 4 * MiB,
  chunksAtWork: 12,
  packsAhead: 2,
  packBlock: 256 * 1024,
  budget: 256 * MiB,
  selfCheckEvery: 16,
  joinGap: 256 * 1024,
  joinLimit: 4 * MiB,
  segment: 8 * MiB,
  segmentsAhead: 4,
  window: 256 * MiB,
  getsAhead: 4,
  requests: 16,
  trailerGuess: 64 * 1024,
  maxInlineTable: 512 * 1024,
  checkpointBytes: 512 * MiB,
  checkpointMs: 60_000,
}
