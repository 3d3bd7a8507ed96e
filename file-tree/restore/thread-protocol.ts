import type { Entry } from '../entry.ts'
import type { Decision, Item, OnExisting } from './item.ts'
import type { Outcome } from './outcome.ts'
import type { Survey } from './survey.ts'

/** What a thread of a restore is given at its start. */
export interface ThreadSetup {
  /** path of the target, as the user named it */
  target: string
  onExisting: OnExisting
  user: { uid: number; gid: number }
  madeTarget: boolean
}

/** An item with its part of the data that comes along. */
export interface Packed {
  item: Item
  /** bytes from the start of `data` */
  at: number
  length: number
}

export type Request =
  /** What stands in the way of these? Changes nothing. */
  | { op: 'survey'; entries: readonly Entry[] }
  | { op: 'prepare'; entries: readonly Entry[] }
  | { op: 'make'; packed: readonly Packed[]; data: Uint8Array }
  | { op: 'begin'; number: number; item: Item }
  | { op: 'append'; number: number; from: number; data: Uint8Array }
  | { op: 'end'; number: number }
  | { op: 'abandon'; number: number }
  /** What has to wait for others: second names, and folders that are complete. */
  | { op: 'finish'; items: readonly Item[] }
  /** Answered when all before it is done. */
  | { op: 'wait' }
  | { op: 'close' }

export interface Answer {
  outcome?: Outcome
  decisions?: Decision[]
  survey?: Survey
}

/** Each request has one, in their order. */
export type Reply = { answer: Answer } | { failure: { code: string; message: string } }
