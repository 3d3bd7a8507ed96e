import { codeOf } from '../system-error.ts'
import type { TreeOptions } from './options.ts'
import type { TreeReport } from './report.ts'

/** bytes that cross at once, in memory that both threads see */
export const SLOT_SIZE = 1024 * 1024
/** One is filled while others are written; more would only hold more. */
export const SLOTS = 6

/** bytes; where the reader is, for those who wait for it */
export const PLACE_SIZE = 4 * 1024

/** What makes up the content, in its order; each step is four numbers: which, and up to three of its own. */
export const Step = {
  /** from, to (bytes in the slot) */
  data: 0,
  /** a chunk ends */
  cut: 1,
  /** offset and length in the last point's content, and the number that `refused` names */
  keep: 2,
} as const

/** A part of the tree: what comes next in both streams. */
export interface Batch {
  kind: 'batch'
  /** ascending from 1 */
  number: number
  /** which slot the steps speak of; free again with `settled` */
  slot: number | undefined
  steps: number[]
  /** of the stream of entries */
  entries: Uint8Array
  seen: { entries: number; bytes: number }
}

export type FromReader =
  | Batch
  /** More of the last point's entries, please. */
  | { kind: 'hungry' }
  /** Of what was refused: a chunk begins where `cut` says so, the last piece ends the answer. */
  | { kind: 'again'; cut: boolean; bytes: Uint8Array; last: boolean }
  | { kind: 'done'; report: TreeReport }
  | { kind: 'failed'; message: string; code: string | undefined }

export type ToReader =
  /** The next of the last point's entries; `undefined`: that was all. */
  | { kind: 'former'; bytes: Uint8Array | undefined }
  | { kind: 'former lost'; reason: string }
  /** All of this batch is in the streams. */
  | { kind: 'settled'; number: number }
  /** The last point cannot give it: read it, and send it as `again`. */
  | { kind: 'refused'; keep: number }
  /** The piece of `again` is written. */
  | { kind: 'more' }

/** What the thread is started with. */
export interface ReaderStart {
  options: TreeOptions
  hasFormer: boolean
  /** `SLOTS` of `SLOT_SIZE`, and `PLACE_SIZE` behind them */
  memory: SharedArrayBuffer
}

/** @returns how an error crosses */
export const failed = (error: unknown): FromReader => ({
  kind: 'failed',
  message: error instanceof Error ? error.message : String(error),
  code: codeOf(error),
})
