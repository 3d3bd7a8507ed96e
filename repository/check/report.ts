import type { MaintenanceStore } from '#core/ports.ts'
import type { ReadBack } from './read-back.ts'
import type { VerificationSummary } from './verification.ts'

/** 0: listing and sizes. 1: also every map, and a sample of the packs read in full. 2: everything. */
export type CheckLevel = 0 | 1 | 2

export interface CheckRequest {
  level: CheckLevel
  /**
   * Share of the packs that level 1 reads, from 0 to 1; 1/16 unless this or `limit` is told. Those that were read longest ago come first, so
   * that repeated checks read everything.
   */
  sample?: number | undefined
  /** Bytes that level 1 reads, at most; but one pack at least. */
  limit?: number | undefined
  /** The repository's store with the rights of the maintenance role: results that newer ones took over are removed. */
  maintenance?: MaintenanceStore | undefined
  /** `false`: what was found is not written down in the repository; where it can only be read */
  record?: boolean | undefined
  /** Tell of which points all that they need was read since then (ms since 1970); not at level 0. */
  readBackSince?: number | undefined
  onProgress?: ((progress: CheckProgress) => void) | undefined
  signal?: AbortSignal | undefined
}

export interface CheckProgress {
  step: 'points' | 'packs' | 'maps'
  done: number
  /** how many there are, where known */
  total: number
}

/** A stretch of a disk, or of a stream, of a point that cannot be read. Bytes from its start. */
export interface AffectedExtent {
  vmUuid: string
  pointId: string
  /** either this… */
  diskId?: string
  /** …or this */
  streamId?: string
  offset: number
  length: number
}

export interface Finding {
  /** `OBJECT_DAMAGED` (also where it is missing), `OBJECT_NOT_AUTHENTIC` or `CHUNK_MISSING` */
  code: string
  /** the object concerned */
  object: string
  /** bytes from the start of the object, where one record is concerned */
  offset?: number
  /** one sentence */
  message: string
  /** what of which points cannot be read any more because of it; empty when nothing needs it */
  affected: AffectedExtent[]
}

export interface CheckReport {
  level: CheckLevel
  points: number
  /** packs in the listing */
  packs: number
  /** packs that were read in full */
  packsRead: number
  bytesRead: number
  recordsVerified: number
  /** packs that no point needs; not an error */
  orphans: number
  /**
   * Points that are whole only by copies in packs of others: name of the commit record, and ulids of these packs. Who deletes the others may
   * take them away, unless `heal` has seen to it
   */
  borrowed: { point: string; packs: string[] }[]
  /** points of which nothing can be read: name of the commit record, and of the object that is to blame */
  unreadable: { point: string; object: string }[]
  /** how much was ever read in full, this check included */
  verification: VerificationSummary
  /** where `readBackSince` was told */
  readBack?: ReadBack
  /** why what was found could not be written down in the repository, one sentence */
  notRecorded?: string
  /** empty: no damage found */
  findings: Finding[]
}
