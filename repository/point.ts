import type { PackRef } from './format/pack-table.ts'
import type { PointStatistics } from './point-statistics.ts'

/** What the listing tells of a point. */
export interface PointRef {
  /** the commit record's object name */
  key: string
  /** 32 hex digits that stand for the VM */
  vmTag: string
  /** ULID of the job that made it; its time is the job's */
  id: string
  /** bytes of the commit record */
  size: number
  /** the store's time stamp, milliseconds since 1970 */
  modified: number
}

export interface PointDisk {
  id: string
  /** bytes */
  size: number
  /** bytes */
  chunkSize: number
  /** id of the map root, 64 hex digits */
  rootHash: string
  /** what this disk needs: ulid of a pack to the number of map positions it serves */
  packs: ReadonlyMap<string, number>
}

/** Bytes from start to end, cut by content. */
export interface PointStream {
  id: string
  /** bytes */
  size: number
  chunks: number
  /** id of the map root, 64 hex digits: equal ones mean equal bytes */
  rootHash: string
  /** what this stream needs: ulid of a pack to the number of map positions it serves */
  packs: ReadonlyMap<string, number>
}

/** An immutable, complete state of one VM, or of whatever else was backed up. */
export interface Point {
  key: string
  /** bytes of the commit record */
  size: number
  id: string
  vmUuid: string
  vmTag: string
  /** milliseconds since 1970 */
  created: number
  /** ulid of the point whose chunks were kept */
  base?: string
  /** ulid of the intent that this very attempt wrote; missing in points of the first versions */
  intent?: string
  disks: readonly PointDisk[]
  streams: readonly PointStream[]
  /** all packs that the point needs, by ulid */
  packs: ReadonlyMap<string, PackRef>
  /** where the pack table is too long for the commit record: ids of the records that hold it, 64 hex digits */
  tableRecords?: readonly string[]
  statistics: PointStatistics
  /** the caller's JSON, as it was given to `commit` */
  subject: unknown
}
