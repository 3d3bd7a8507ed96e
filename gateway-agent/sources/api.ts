import type { WireCompression } from '#core/contracts/jobs.ts'
import type { Rung } from '#core/contracts/points.ts'

/**
 * A piece of a disk, in bytes from its start. Extents come in ascending order, never overlap and never touch the same
 * chunk twice; both ends are multiples of the chunk size or the end of the disk.
 *
 * `bytes` belongs to the receiver from then on. Zero extents are known to be zero without having been read; data may be
 * zero too.
 */
export type DiskExtent =
  | { offset: number; bytes: Uint8Array; zero?: never }
  | { offset: number; length: number; zero: true }

/** A range of a disk in bytes. */
export interface DiskRange {
  offset: number
  length: number
}

/** Where the bytes of a disk are read to: memory of the receiver, so that nothing is copied on the way. */
export interface ChunkMemory {
  /** Waits for room, so that a source never holds more than the receiver allows. @returns memory for one chunk, with whatever was in it */
  buffer(): Promise<Uint8Array>
  /** @param bytes from `buffer`, not needed after all */
  giveBack(bytes: Uint8Array): void
}

/** One way of reading a snapshot's disk. */
export interface DiskSource {
  /** Of a source that has a lower one within itself: the one it is on. */
  readonly rung: Rung
  /** Bytes received from XenServer so far; a map of blocks and looks at it not counted. */
  readonly bytesRead: number
  /** Why it went on in a lesser way than it began, one clause each. */
  readonly reasons?: readonly string[]
  /**
   * Yields what lies in `wanted` (ascending, chunk-aligned), one chunk per data extent, in `memory`. Whatever was opened for it is
   * closed when the iteration ends, however it ends; memory that was not yielded goes back.
   * @throws `NBD_FAILED`, `EXPORT_FAILED`, `STREAM_TRUNCATED`, `STREAM_STALLED`, `STREAM_INVALID`, XapiError
   */
  open(
    wanted: readonly DiskRange[],
    signal: AbortSignal,
    memory: ChunkMemory,
  ): AsyncIterable<DiskExtent>
  /** Called instead of `open` where nothing is wanted; others may wait for it. */
  decline?(): void
}

/** A disk of a snapshot. */
export interface SnapshotDisk {
  /** VDI of the snapshot. */
  ref: string
  uuid: string
  /** The live VDI that it is a snapshot of. */
  liveUuid: string
  userdevice: string
  name: string
  /** bytes */
  size: number
  /** VDI.cbt_enabled of the snapshot. */
  cbt: boolean
  /** Its storage repository, where it is known. */
  sr?: string
}

/** The stream of a whole snapshot, as a source for each of its disks. */
export interface VmExport {
  /** A stream for this disk alone; the others in it are passed over. */
  alone(disk: SnapshotDisk, chunkSize: number): DiskSource
  /**
   * A share in one stream for all disks that ask for one. It begins when all of them are opened or declined, so they have to be read at the
   * same time. When it breaks off, those not complete can be opened again, for a second one.
   */
  together(disk: SnapshotDisk, chunkSize: number, wire: WireCompression | undefined): DiskSource
}

export interface ReadDiskOptions {
  disk: SnapshotDisk
  /** The disk of the last committed point: the snapshot VDI that holds its CBT record, and the size it had. */
  base?: { vdiUuid: string; size: number }
  /** Everything is wanted although the changes since the base may be known. */
  whole?: boolean
  /** Bytes, a power of two from 64 KiB to 2 MiB; 1 MiB unless told. */
  chunkSize?: number
  /** To be read beside what has changed: ascending, in whole chunks, within the disk. */
  also?: readonly DiskRange[]
  /** For slow links: where the disk has to be read in full, it comes so compressed in the stream of the whole VM. */
  wire?: WireCompression
  /** The stream of the whole VM; the last way is missing without it. */
  export?: VmExport
  signal: AbortSignal
}

/** A disk being read, by whichever rungs it takes. */
export interface DiskReading {
  /** The lowest rung used so far. */
  readonly rung: Rung
  /** Whether `extents` tells only what differs from `base`; all else is as in the base. Known before the first extent, never changes. */
  readonly incremental: boolean
  /** Why not the best way, one plain sentence each; grows when a source fails in mid-read. */
  readonly reasons: readonly string[]
  /** Bytes of disk that `extents` will cover. */
  readonly bytesTotal: number
  /** Bytes received from XenServer so far. */
  readonly bytesRead: number
  /** Readings with the same object here share one stream: they must be iterated at the same time. */
  readonly together?: object
  /**
   * Leaves out what need not be read; to be called before `extents`.
   * @param done ascending, in whole chunks
   * @returns how much of `bytesTotal` that is
   */
  skip(done: readonly DiskRange[]): number
  /**
   * May be iterated once.
   * @param memory for chunks of the size that was asked for; the source's own unless told
   */
  extents(memory?: ChunkMemory): AsyncIterable<DiskExtent>
}
