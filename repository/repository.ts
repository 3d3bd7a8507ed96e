import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import type { ReplicaReport, ReplicaRequest } from './check/replica.ts'
import type { CheckReport, CheckRequest } from './check/report.ts'
import type { VerificationSummary } from './check/verification.ts'
import type { Feature } from './format/bootstrap.ts'
import type { CollectRequest } from './gc/collect.ts'
import type { CollectReport } from './gc/report.ts'
import type { HealReport, HealRequest } from './heal/heal.ts'
import type { DataByEpoch } from './keys/data-by-epoch.ts'
import type { PointLock } from './lock/locked-until.ts'
import type { ProlongedLock, ProlongRequest } from './lock/prolong-lock.ts'
import type { Point, PointRef } from './point.ts'
import type { KeptProof } from './read/proofs.ts'
import type { UnfinishedJob } from './read/unfinished-jobs.ts'
import type { PointRequest, PointWriter } from './write/api.ts'

/** A part of a disk: bytes, or a stretch known to be zero. Offsets and lengths in bytes. */
export type DiskExtent =
  | { offset: number; bytes: Uint8Array; zero?: false }
  | { offset: number; length: number; zero: true }

export interface ReadStreamOptions {
  /** bytes from the start of the stream; 0 unless told */
  offset?: number | undefined
  /** bytes; up to the end unless told */
  length?: number | undefined
  signal?: AbortSignal | undefined
  /** What is yielded is the caller's only until it asks for the next, and lies in memory that threads share. */
  lent?: boolean | undefined
}

/** Which parts of a disk hold something, told by its map alone. */
export interface Occupancy {
  /** @returns whether every byte of this stretch is zero (bytes, from the start of the disk); chunks that it only touches count whole */
  isZero(offset: number, length: number): boolean
}

/** A stretch of a disk, in bytes from its start; `zero`: known to be zero without reading it. */
export interface Extent {
  offset: number
  length: number
  zero: boolean
}

/** What one open disk or stream may take. */
export interface ReaderLimits {
  /** bytes of decrypted chunks kept */
  cache: number
  /** pages of the map kept: 32 KiB each (of a stream up to 40), for 1,024 chunks */
  pages: number
  /** bytes fetched beyond a read that goes on where an earlier one ended; never more than were read in that row already */
  readAhead: number
  /** rows of such reads that are told apart */
  sequences: number
}

/** A disk of a point, to be read at any place. Any number of reads may be at work at once. */
export interface OpenDisk {
  /** bytes */
  readonly size: number
  /** bytes; what is fetched comes in chunks of this size, compressed */
  readonly chunkSize: number
  /** What it took from the store until now: answers, and bytes in them. */
  readonly fetched: Readonly<{ requests: number; bytes: number }>

  /**
   * @param offset bytes from the start of the disk
   * @param length bytes, all within the disk
   * @returns the caller's own bytes, each chunk checked against its id
   * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`, naming VM, disk and offset: what lies in other chunks stays readable
   */
  read(offset: number, length: number): Promise<Uint8Array>

  /**
   * What the map tells of a stretch, no chunk is read.
   * @returns ascending, without gaps, data and zeros by turns
   * @throws as `read`, for a page of the map
   */
  extents(offset: number, length: number): Promise<Extent[]>

  /** Ends what is on its way. Later reads throw. */
  close(): Promise<void>
}

/** A stream of a point, to be read at any place. Any number of reads may be at work at once. */
export interface OpenStream {
  /** bytes */
  readonly size: number
  /** What it took from the store until now: answers, and bytes in them. */
  readonly fetched: Readonly<{ requests: number; bytes: number }>

  /**
   * @param offset bytes from the start of the stream
   * @param length bytes, all within the stream
   * @returns the caller's own bytes, each chunk checked against its id
   * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`, naming VM, stream and offset: what lies in other chunks stays readable
   */
  read(offset: number, length: number): Promise<Uint8Array>

  /** Ends what is on its way. Later reads throw. */
  close(): Promise<void>
}

/** How a disk differs from another one of the repository, told by their maps alone. */
export interface DiskChanges {
  /** @returns whether some byte of this stretch may differ (bytes, from the start of the newer disk); chunks that it only touches count whole */
  differs(offset: number, length: number): boolean
  /**
   * Begins with the older disk's map: when every chunk that differs was given, the digest is the newer disk's root hash. So it proves that the bytes given, put into the
   * older content, are the newer one; about what lies on any disk it says nothing. To be given whole chunks, ascending, no others than of stretches that differ.
   */
  hasher(): RootHasher
}

/** Compares what is on some disk with a disk of a point, by the ids of chunks; nothing of the point is read but its map. */
export interface DiskComparison {
  /**
   * What was found on the disk, or was written there since. What nobody tells is zero.
   * @param offset bytes, a multiple of the chunk size; whole chunks, in any order, the last word counts
   * @throws `INVALID_WRITE`
   */
  update(offset: number, bytes: Uint8Array): void
  /** @returns whether some chunk of this stretch (bytes) is not as in the point */
  differs(offset: number, length: number): boolean
  /** Root hash of what was told. @returns 64 hex digits */
  digest(): string
}

/** Computes a root hash from bytes, to compare with a point's. */
export interface RootHasher {
  /**
   * Whole chunks in ascending order; what is left out is zero.
   * @param offset bytes, a multiple of the chunk size
   * @throws `INVALID_WRITE`
   */
  update(offset: number, bytes: Uint8Array): void
  /** Call it once, at the end. @returns 64 hex digits */
  digest(): string
}

/** One repository, opened. Every method may throw `STORE_UNAVAILABLE` and `STORE_DENIED`. */
export interface Repository {
  /** 32 hex digits */
  readonly id: string
  readonly store: ObjectStore
  /** milliseconds since 1970 */
  readonly created: number
  /** Why this version must not write here, or `undefined` when it may. */
  readonly readOnlyBecause: string | undefined
  /** The local table broke: everything fails with `LOCAL_TABLE_FAILED` from now on. Open the repository again. */
  readonly isBroken: boolean

  /**
   * @throws `REPOSITORY_READ_ONLY`, `KMS_KEY_UNNAMED`, `REPOSITORY_SHREDDED`, `POINT_CLOSED`, `BASE_DELETED` (retryable: choose another); damage of the base, which a full backup without a base does not need; `LOCK_UNSUPPORTED`,
   * `LOCK_MODE_FIXED`, `LOCK_NOT_KEPT` where the store cannot keep the lock that is asked for
   */
  beginPoint(request: PointRequest): Promise<PointWriter>

  /**
   * Whether `beginPoint` would be refused whatever it is a point of: for who must not shut a VM down or snapshot it in vain.
   * @throws `REPOSITORY_READ_ONLY`, `KMS_KEY_UNNAMED`, `REPOSITORY_SHREDDED`, `LOCK_UNSUPPORTED`, `LOCK_MODE_FIXED`, `LOCK_NOT_KEPT`
   */
  assertTakesPoints(request: Pick<PointRequest, 'lock'>): Promise<void>

  /**
   * Opens the repository for something that older versions do not understand: they refuse to read it from then on (`gc`: to write). Whoever
   * uses it first does the same, where the rights are there.
   * @returns `false`: it was open already
   * @throws `REPOSITORY_READ_ONLY`, `FEATURE_NOT_ENABLED` without the right to write below `repo/`
   */
  enable(feature: Feature): Promise<boolean>

  /** Jobs of the VM that left checkpoints and made no point, the newest first: `beginPoint` with such an id goes on. */
  unfinishedJobs(vmUuid: string): Promise<UnfinishedJob[]>

  /** All points, or those of one VM, ascending by VM tag and ulid; from the listing alone. */
  points(vmUuid?: string): AsyncIterable<PointRef>

  /** Ids of points that were deleted, or given up before there was one: there is never a point of such an id again. From the listing alone. */
  closedPoints(): AsyncIterable<string>

  /** @throws `OBJECT_NOT_FOUND`, `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
  readPoint(ref: Pick<PointRef, 'key'>): Promise<Point>

  /**
   * Until when the point is locked: read from the store, one small request for each object it needs.
   * @throws `LOCK_UNSUPPORTED` when the store was opened without the right to ask; `OBJECT_NOT_FOUND` when a part of the point is gone
   */
  lockedUntil(point: Point): Promise<PointLock>

  /**
   * Locks all that the point needs, in the mode that it has, `governance` unless that is stronger; never shortens. May be cut off anywhere and done again.
   * @param store the repository's, with the right to lock
   * @returns the lock as the store shows it then
   * @throws `LOCK_UNSUPPORTED`, `LOCK_NOT_KEPT`; `OBJECT_NOT_FOUND` when a part of the point is gone
   */
  prolongLock(point: Point, request: ProlongRequest): Promise<ProlongedLock>

  /** The point with the highest ulid. Throws as `readPoint` does when just that one is damaged. */
  latestPoint(vmUuid: string): Promise<Point | undefined>

  /**
   * A disk from start to end without gaps, every chunk checked against its id. Reads ahead within the byte budget.
   * @param options `lent`: the bytes of an extent are the caller's only until it asks for the next, and lie in memory that threads
   *   share: faster, in less memory. Else they are the caller's for good. `within`: chunks for which it says no are left out
   * @throws `DISK_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`, naming VM, disk and offset
   */
  readDisk(
    point: Point,
    diskId: string,
    options?: {
      signal?: AbortSignal | undefined
      lent?: boolean | undefined
      within?: ((offset: number, length: number) => boolean) | undefined
    },
  ): AsyncIterable<DiskExtent>

  /**
   * As `readDisk`, in whatever order the packs give best: for files and devices, which take bytes at any place.
   * @param write gets every byte of the disk once, one extent at a time, and has `bytes` until its promise settles. What it throws
   *   ends the restore and is thrown
   */
  restoreDisk(
    point: Point,
    diskId: string,
    write: (extent: DiskExtent) => Promise<void>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<void>

  /**
   * Opens a disk for reads at any place: only what they need is fetched, some of it kept, a little read ahead.
   * @throws `DISK_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING` where the root of its map is lost
   */
  openDisk(point: Point, diskId: string, limits?: Partial<ReaderLimits>): Promise<OpenDisk>

  /**
   * A stream from start to end, or a range of it, every chunk checked against its id. Reads ahead within the byte budget.
   * @param options `offset` and `length` in bytes, all of the stream unless told; `lent` as of `readDisk`
   * @throws `STREAM_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`, naming VM, stream and offset
   */
  readStream(point: Point, streamId: string, options?: ReadStreamOptions): AsyncIterable<Uint8Array>

  /**
   * Opens a stream for reads at any place: only what they need is fetched, some of it kept, a little read ahead.
   * @throws `STREAM_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING` where the root of its map is lost
   */
  openStream(point: Point, streamId: string, limits?: Partial<ReaderLimits>): Promise<OpenStream>

  /** @throws `DISK_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING` */
  occupancy(point: Point, diskId: string): Promise<Occupancy>

  /**
   * Compares two disks chunk by chunk without reading any: by their maps. Where their chunk sizes are not the same, everything differs.
   * @throws `DISK_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`
   */
  changes(
    older: { point: Point; diskId: string },
    newer: { point: Point; diskId: string },
  ): Promise<DiskChanges>

  /** @throws `DISK_NOT_FOUND`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING` */
  comparison(point: Point, diskId: string): Promise<DiskComparison>

  /** For a disk of this size and chunk size, both in bytes. */
  rootHasher(disk: { size: number; chunkSize: number }): RootHasher

  /** What is stored by key epoch: which data would a new epoch not cover? Reads the index and the head of each commit record. */
  dataByEpoch(): Promise<DataByEpoch>

  /**
   * Looks for damage, and writes down in the repository what was verified and what was found damaged.
   * @throws `STORE_*`; where nothing may be written, the report says so instead
   */
  check(request: CheckRequest): Promise<CheckReport>

  /**
   * Which points can be restored from a replica alone, how far it is behind, and what it lacks; by its listing, in whatever order objects arrive there.
   * @throws `STORE_*`
   */
  checkReplica(request: ReplicaRequest): Promise<ReplicaReport>

  /**
   * Puts back what a check found damaged, byte by byte as it was made, for the maintenance role: from an older version in the store, from a
   * replica, or pieced together from several damaged copies; and what somebody hid below a delete marker.
   * @throws `STORE_*`; what may not be written is told in the report
   */
  heal(request: HealRequest): Promise<HealReport>

  /** How much was ever read in full, by listing and by what checks have left. */
  verification(): Promise<VerificationSummary>

  /**
   * One run of the garbage collector, for the maintenance role; to be called once a day or so, by however many.
   * @throws `REPOSITORY_READ_ONLY`; `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` when a point or an intent cannot be read: nothing is
   * removed as long as nobody knows what it needs
   */
  collectGarbage(request: CollectRequest): Promise<CollectReport>

  /**
   * Deletes a point, for the maintenance role; its name is closed for ever. May be repeated.
   * @param store the repository's, with the right to remove versions
   * @throws `OBJECT_LOCKED` while the store locks it; `NOT_A_RECOVERY_POINT`, `REPOSITORY_READ_ONLY`
   */
  removePoint(point: Pick<PointRef, 'key'>, store: MaintenanceStore): Promise<void>

  /**
   * Keeps what somebody has found out about a point, such as that it boots: a small object beside it, which goes when the point goes.
   * @param result JSON data of the caller
   * @throws `REPOSITORY_READ_ONLY`, `STORE_*`
   */
  keepProof(point: Pick<PointRef, 'id'>, result: unknown): Promise<void>

  /** What was found out about points, or about one, oldest first within a point. What cannot be read counts for nothing and is left out. */
  proofs(pointId?: string): AsyncIterable<KeptProof>

  /**
   * Forgets the local table, reads every pack's trailer, and writes segments that replace the others (where no trailer is damaged).
   * @returns packs and records found, and the names of packs whose trailer cannot be read
   */
  rebuildIndex(): Promise<{ packs: number; records: number; damaged: string[] }>

  /** Gives up points that are not committed. May be called again. */
  close(): Promise<void>
}
