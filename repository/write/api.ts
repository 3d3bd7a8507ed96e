import type { LockPolicy } from '../lock/generation.ts'
import type { Point } from '../point.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { Stretch } from './stretch.ts'

export interface DiskRequest {
  /** The caller's name of the disk, unique in the point, at most 128 characters; XenServer: the VDI's UUID. */
  diskId: string
  /** bytes, more than 0; may be larger than the base's */
  size: number
  /** bytes, a power of two from 64 KiB to 4 MiB; the base's where chunks are kept, else 1 MiB */
  chunkSize?: number
  /** `true`: chunks that nobody mentions stay as in the base; `false`: they are zero. */
  keep: boolean
  /** The disk of the base to keep chunks of; `diskId` unless told. */
  baseDiskId?: string
  /**
   * What the disk is read from, 1 to 200 characters: equal names promise equal bytes, for ever (the UUID of a snapshot's VDI). With it
   * the writer leaves checkpoints, by which a later attempt of the same job goes on.
   */
  source?: string
}

/** Writes one disk of a point. Several may be used at once; they share packs. */
export interface DiskWriter {
  /** bytes; `write` and `zero` work in multiples of it, except at the end of the disk */
  readonly chunkSize: number

  /** What earlier attempts have done, ascending, in whole chunks (bytes): need not be given again. */
  readonly done: readonly Stretch[]

  /**
   * Memory for one chunk, to be filled and given to `write`, which then needs no copy. Waits for room. Ends by `write`, by
   * `giveBack`, or with the point.
   * @returns `chunkSize` bytes with whatever was in them, of memory that threads share
   * @throws what an earlier write ran into
   */
  buffer(): Promise<Uint8Array>

  /** @param bytes from `buffer`, not needed after all */
  giveBack(bytes: Uint8Array): void

  /**
   * Takes `bytes` over: the caller must not touch them again. Returns when there is room for more (one byte budget for the
   * process), not when they are stored. Any order; every chunk at most once.
   * @param offset bytes from the start of the disk, a multiple of the chunk size
   * @throws `INVALID_WRITE`, and whatever an earlier write ran into: `STORE_*`, `SELF_CHECK_FAILED`, damage of the base
   */
  write(offset: number, bytes: Uint8Array): Promise<void>

  /**
   * States that a stretch is zero; costs nothing but its pages.
   * @param length bytes
   */
  zero(offset: number, length: number): Promise<void>

  /**
   * Waits for all writes of this disk and seals its map.
   * @param size bytes: where the disk turned out shorter than was announced, as a stream whose length nobody knows. Its last chunk is
   *   written whole, zeros behind its end; nothing lies beyond
   * @returns the root hash: equal for equal size, chunk size and bytes within one repository
   * @throws `INVALID_WRITE` where the size is none, or something was written beyond
   */
  finish(size?: number): Promise<{ rootHash: string }>
}

export interface StreamRequest {
  /** The caller's name of the stream, unique among the streams of the point, 1 to 512 characters. */
  streamId: string
  /** Stream of the base whose chunks `keep` takes over; none unless told. */
  keep?: string | undefined
}

/**
 * Writes one stream of a point, from start to end, cut by content: what moved within it is found again. One call at a time: the next after
 * the promise of the one before has settled. Several streams may be written at once, beside disks; they share packs.
 * Every method throws `INVALID_WRITE`, and whatever an earlier call ran into: `STORE_*`, `SELF_CHECK_FAILED`, damage of the base.
 */
export interface StreamWriter {
  /** bytes so far, given or kept */
  readonly position: number

  /**
   * Takes a copy: the caller may use `bytes` again when the promise settles, which is when there is room for more (one byte budget for the
   * process), not when they are stored. Any length; a chunk that has not ended waits in memory beside that budget, up to 1 MiB for each open stream.
   */
  write(bytes: Uint8Array): Promise<void>

  /** A chunk ends here, whatever its content says: what comes next can be kept on its own by a later point. */
  cut(): Promise<void>

  /**
   * Takes chunks of the base's stream over, unread: nothing is read but pages of its map. Ends the chunk before them as `cut` does.
   * @param offset bytes from the start of the base's stream; need not be `position`, and may come again
   * @param length bytes
   * @returns `false`, and nothing was done, where the range is no whole number of chunks there, or one of them is known to be lost, or there
   *   is no stream to keep of: give the bytes
   */
  keep(offset: number, length: number): Promise<boolean>

  /**
   * Waits for all of it and seals its map.
   * @returns `size` in bytes; `rootHash`: equal ones mean equal bytes within one repository (the same bytes may have others)
   */
  finish(): Promise<{ size: number; rootHash: string }>
}

export interface PointRequest {
  /** ULID; becomes the point's */
  jobId: string
  vmUuid: string
  /** the point that `keep` refers to, of any VM of this repository */
  base?: Point | undefined
  /** Every object that the point needs is locked at least for so long, or there is no point. */
  lock?: LockPolicy | undefined
  /** Of the job: what only waits to be sent, as for bandwidth, is given up with it. `abort` is called all the same. */
  signal?: AbortSignal | undefined
}

/** Writes one recovery point: disks and streams, then `commit`. */
export interface PointWriter {
  readonly statistics: Readonly<PointStatistics>
  /** What somebody should know of checkpoints, one sentence each; complete when all disks are begun. */
  readonly notes: readonly string[]

  /** @throws `BASE_MISMATCH`, `DISK_NOT_FOUND` when `keep` and the base has no such disk */
  disk(request: DiskRequest): Promise<DiskWriter>

  /**
   * The first stream of a repository leaves a mark in it: versions that do not know streams refuse it from then on, by name.
   * @throws `INVALID_WRITE`, `STREAM_NOT_FOUND` when `keep` and the base has no such stream; `FEATURE_NOT_ENABLED` where the mark is not there,
   *   and may not be made with the rights at hand
   */
  stream(request: StreamRequest): Promise<StreamWriter>

  /**
   * What the base cannot give any more, because its chunks were found damaged (by a check, whose lists are read when the point is begun):
   * where `keep` is used, these stretches have to be written too, although nothing changed there.
   * @returns ascending, in whole chunks, in bytes; `all` where the map of the disk is lost and nothing can be kept
   */
  rereads(baseDiskId: string): Promise<Stretch[] | 'all'>

  /**
   * Makes the point, after every disk and stream is finished. May be repeated, also by another process with the same job: if the point
   * is there, it is returned as it is.
   * @param subject JSON data of the caller
   * @throws `STORE_*`, `LOCK_*`, `COMMIT_TOO_LARGE`, `CHUNK_MISSING` when something of `rereads` was left out, `REPOSITORY_READ_ONLY` when a collector of a newer version has been at work;
   * `PACKS_CONDEMNED` (retryable: begin the job again), `POINT_CLOSED`
   */
  commit(subject: unknown): Promise<Point>

  /** Stops and forgets. Packs already sent stay as orphans; a last checkpoint leads a later attempt to them, where nothing had failed. */
  abort(): Promise<void>
}
