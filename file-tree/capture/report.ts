import type { Entry } from '../entry.ts'
import type { Lack } from '../file-system.ts'
import { type RawText, readable } from '../raw-text.ts'

/** Things that somebody should know of: all counted, the first of them named. */
export interface Told {
  count: number
  first: { path: string; reason: string }[]
}

/** What became of a tree, for people and for the record of the point. Bytes are those of files, without holes. */
export interface TreeReport {
  files: number
  folders: number
  symlinks: number
  /** fifos, sockets and devices */
  specials: number
  /** names beyond the first of files that have several */
  hardLinks: number
  /** what all files together hold */
  bytes: number
  /** Unchanged since the last point, and not opened. */
  kept: { files: number; bytes: number }
  read: { files: number; bytes: number }
  /** Their size or times moved while they were read: in the point, but their bytes may be of different moments. */
  changedWhileRead: Told
  /** In the point without their data, their names or their attributes. */
  unreadable: Told
  /** There when their folder was listed, gone when they were looked at. */
  vanished: Told
  excluded: number
  tooLarge: Told
  /** Mounted below the root and not entered. */
  otherFileSystems: Told
  /** Attributes that could not be read. */
  attributesLost: Told
  /** What cannot be captured on this machine at all. */
  lacking: Lack[]
  /** What else somebody should know, in sentences. */
  notes: string[]
}

const MOST_NAMED = 100

const nothingTold = (): Told => ({ count: 0, first: [] })

export const emptyReport = (): TreeReport => ({
  files: 0,
  folders: 0,
  symlinks: 0,
  specials: 0,
  hardLinks: 0,
  bytes: 0,
  kept: { files: 0, bytes: 0 },
  read: { files: 0, bytes: 0 },
  changedWhileRead: nothingTold(),
  unreadable: nothingTold(),
  vanished: nothingTold(),
  excluded: 0,
  tooLarge: nothingTold(),
  otherFileSystems: nothingTold(),
  attributesLost: nothingTold(),
  lacking: [],
  notes: [],
})

export const tell = (told: Told, path: RawText, reason: string): void => {
  told.count += 1
  if (told.first.length < MOST_NAMED) told.first.push({ path: readable(path) || '.', reason })
}

/** @param bytes of a file that was read */
export const countRead = (report: TreeReport, bytes: number): void => {
  report.read.files += 1
  report.read.bytes += bytes
  report.bytes += bytes
}

/** @param times -1: it was counted, and has to be read after all */
export const countKept = (report: TreeReport, { data }: Entry, times: 1 | -1): void => {
  const bytes = times * (data?.length ?? 0)
  report.kept.files += times
  report.kept.bytes += bytes
  report.bytes += bytes
}
