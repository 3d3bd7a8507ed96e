import type { Entry } from '../entry.ts'
import { EntryEncoder } from '../entry-encoder.ts'
import type { RawText } from '../raw-text.ts'
import { type Batch, type FromReader, SLOT_SIZE, SLOTS, Step } from './wire.ts'

/** An entry on its way: it goes out when its data is settled and all before it went. */
export interface Queued {
  entry: Entry
  /** the batch that its data is in; `UNDECIDED` until that is known */
  batch: number
  /** It was gone when it should have been read: no entry after all. */
  isGone?: true
}

export const UNDECIDED = Number.POSITIVE_INFINITY

/** Batches that are not settled at one time: as many as there are slots, less the one being filled. */
const MOST_UNSETTLED = SLOTS - 1
const STEPS_PER_BATCH = 512
const ENTRIES_PER_BATCH = 1024
/** bytes; kept ranges that follow each other are asked for together */
const LARGEST_KEEP = 16 * 1024 * 1024

/** Collects both streams into batches, and keeps their order. */
export class Outbox {
  readonly #send: (message: FromReader) => void
  readonly #memory: SharedArrayBuffer
  readonly #freeSlots = Array.from({ length: SLOTS }, (_, slot) => slot)
  readonly #slotOf = new Map<number, number>()
  readonly #encoder = new EntryEncoder()
  readonly #queue: Queued[] = []
  #first = 0
  #number = 1
  #settled = 0
  #steps: number[] = []
  #slot: number | undefined
  #view: Uint8Array = new Uint8Array()
  #used = 0
  #dataFrom = 0
  #position = 0
  #queuedSince = 0
  #wake: (() => void) | undefined
  /** by the number of their step, until their batch is settled */
  readonly #kept = new Map<number, { batch: number; files: Queued[] }>()
  #lastKeep = 0
  readonly seen = { entries: 0, bytes: 0 }

  constructor(send: (message: FromReader) => void, memory: SharedArrayBuffer) {
    this.#send = send
    this.#memory = memory
  }

  /** bytes of content so far */
  get position(): number {
    return this.#position
  }

  /** entries that wait for others before them */
  get waiting(): number {
    return this.#queue.length - this.#first
  }

  /** @param batch `UNDECIDED` where its data is not known yet */
  queue(entry: Entry, batch = this.#number): Queued {
    const queued: Queued = { entry, batch }
    this.add(queued)
    return queued
  }

  add(queued: Queued): void {
    this.#queue.push(queued)
    this.#queuedSince += 1
    this.seen.entries += 1
  }

  /** @returns what waits as another name of the file at this path */
  linkedTo(path: RawText): Queued[] {
    return this.#queue.slice(this.#first).filter(({ entry }) => entry.hardLinkTo === path)
  }

  /** What was queued as undecided has its data in what was put by now. */
  decide(queued: Queued): void {
    queued.batch = this.#number
  }

  /** @returns room to read into, at least one byte; `put` says how much of it was used */
  async room(): Promise<Uint8Array> {
    if (this.#used === this.#view.length) await this.#nextSlot()
    return this.#view.subarray(this.#used)
  }

  put(length: number): void {
    this.#used += length
    this.#position += length
    this.seen.bytes += length
  }

  cut(): void {
    this.#flushData()
    this.#steps.push(Step.cut, 0, 0, 0)
  }

  /** @param files whose data is `length` bytes from `offset` of the last point's content, in this order; their offsets become those here */
  keep(offset: number, length: number, files: readonly Queued[]): void {
    this.#flushData()
    let here = this.#position
    for (const queued of files) {
      const bytes = queued.entry.data?.length ?? 0
      queued.entry.data = { offset: here, length: bytes }
      here += bytes
      this.decide(queued)
    }
    this.#position += length
    this.seen.bytes += length
    if (this.#extendKeep(offset, length, files)) return
    this.#lastKeep += 1
    this.#kept.set(this.#lastKeep, { batch: this.#number, files: [...files] })
    this.#steps.push(Step.keep, offset, length, this.#lastKeep)
  }

  /** @returns the files of a kept range, in the order of the content */
  filesOf(keep: number): readonly Queued[] {
    return this.#kept.get(keep)?.files ?? []
  }

  /** @returns a promise where a batch is full and others must be settled first */
  sendWhenDue(): Promise<void> | undefined {
    const isDue =
      this.#steps.length >= 4 * STEPS_PER_BATCH ||
      this.#queuedSince >= ENTRIES_PER_BATCH ||
      this.#encoder.waiting >= 64 * 1024
    return isDue ? this.#endBatch() : undefined
  }

  /** @param number this batch is in the streams */
  settle(number: number): void {
    this.#settled = number
    const slot = this.#slotOf.get(number)
    if (slot !== undefined) this.#freeSlots.push(slot)
    this.#slotOf.delete(number)
    for (const [keep, { batch }] of this.#kept) {
      if (batch > number) break
      this.#kept.delete(keep)
    }
    this.#release()
    this.#wake?.()
  }

  /** Waits until everything is settled, then sends the end of the entries. */
  async end(): Promise<void> {
    await this.#endBatch()
    await this.#until(() => this.#settled === this.#number - 1)
    this.#release()
    await this.#endBatch(this.#encoder.end())
    await this.#until(() => this.#settled === this.#number - 1)
  }

  async #nextSlot(): Promise<void> {
    if (this.#slot !== undefined) await this.#endBatch()
    await this.#until(() => this.#freeSlots.length > 0)
    const slot = this.#freeSlots.pop() as number
    this.#slot = slot
    this.#view = new Uint8Array(this.#memory, slot * SLOT_SIZE, SLOT_SIZE)
    this.#used = 0
    this.#dataFrom = 0
  }

  #flushData(): void {
    if (this.#used > this.#dataFrom) this.#steps.push(Step.data, this.#dataFrom, this.#used, 0)
    this.#dataFrom = this.#used
  }

  #extendKeep(offset: number, length: number, files: readonly Queued[]): boolean {
    const at = this.#steps.length - 4
    if (at < 0 || this.#steps[at] !== Step.keep) return false
    const [, before = 0, soFar = 0, keep = 0] = this.#steps.slice(at)
    if (before + soFar !== offset || soFar + length > LARGEST_KEEP) return false
    this.#steps[at + 2] = soFar + length
    this.#kept.get(keep)?.files.push(...files)
    return true
  }

  async #endBatch(entries = this.#encoder.take()): Promise<void> {
    this.#flushData()
    const number = this.#number
    const batch: Batch = {
      kind: 'batch',
      number,
      slot: this.#slot,
      steps: this.#steps,
      entries,
      seen: { ...this.seen },
    }
    if (this.#slot !== undefined) this.#slotOf.set(number, this.#slot)
    this.#send(batch)
    this.#number += 1
    this.#steps = []
    this.#slot = undefined
    this.#view = new Uint8Array()
    this.#used = 0
    this.#dataFrom = 0
    this.#queuedSince = 0
    await this.#until(() => this.#number - 1 - this.#settled < MOST_UNSETTLED)
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
  }

  #release(): void {
    const queue = this.#queue
    for (;;) {
      const queued = queue[this.#first]
      if (!queued || queued.batch > this.#settled) break
      if (!queued.isGone) this.#encoder.add(queued.entry)
      this.#first += 1
    }
    if (this.#first < 4096 && this.#first < queue.length) return
    queue.splice(0, this.#first)
    this.#first = 0
  }
}
