import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { copyInto } from '../format/bytes.ts'
import type { CommitRecord } from '../format/commit.ts'
import { MAX_STREAM_CHUNK } from '../format/stream-page.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { StreamWriter } from './api.ts'
import { type ChunkBuffer, ChunkBuffers } from './chunk-buffers.ts'
import { Cutter } from './cutter.ts'
import type { KeptStream, Slice } from './kept-stream.ts'
import { sumOf } from './pack-set.ts'
import type { RecordStore } from './record-store.ts'
import { StreamMapWriter } from './stream-map-writer.ts'

/** Entries that wait for chunks before them; each kept slice holds a page of the base (36 KiB) in memory. */
const MAX_WAITING = 128

type Finished = NonNullable<CommitRecord['streams']>[number]

/** Cuts what it is given by content, and enters chunks in their order, however long each takes. */
export class ChunkedStreamWriter implements StreamWriter {
  readonly streamId: string
  readonly #engine: Engine
  readonly #records: RecordStore
  readonly #statistics: PointStatistics
  readonly #kept: KeptStream | undefined
  readonly #map: StreamMapWriter
  readonly #cutter: Cutter
  readonly #buffers: ChunkBuffers
  /** the beginning of a chunk whose end has not come yet */
  #rest: { memory: Uint8Array; length: number } | undefined
  #position = 0
  #busy = false
  /** entries, one after the other */
  #order: Promise<void> = Promise.resolve()
  #waiting = 0
  #failure: unknown
  #finished: Promise<Finished> | undefined
  #uses: ReadonlyMap<string, number> = new Map()

  /** @param kept the stream of the base */
  constructor(
    engine: Engine,
    streamId: string,
    records: RecordStore,
    statistics: PointStatistics,
    kept: KeptStream | undefined,
  ) {
    this.streamId = streamId
    this.#engine = engine
    this.#records = records
    this.#statistics = statistics
    this.#kept = kept
    this.#map = new StreamMapWriter(engine, records)
    this.#cutter = new Cutter(engine.keys.gearTable)
    this.#buffers = new ChunkBuffers(engine, MAX_STREAM_CHUNK)
  }

  get position(): number {
    return this.#position
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#alone(async () => {
      for (let at = 0; at < bytes.length; ) {
        const end = this.#cutter.next(bytes, at)
        if (end < 0) {
          this.#remember(bytes.subarray(at))
          break
        }
        await this.#endChunk(bytes.subarray(at, end))
        at = end
      }
      this.#position += bytes.length
      this.#statistics.changedBytes += bytes.length
    })
  }

  cut(): Promise<void> {
    return this.#alone(() => this.#cut())
  }

  keep(offset: number, length: number): Promise<boolean> {
    return this.#alone(async () => {
      if (length === 0) return true
      const slices = await this.#kept?.find(offset, length)
      if (!slices) return false
      await this.#cut()
      try {
        for await (const slice of slices) await this.#enterKept(slice)
      } catch (error) {
        // Some of the range is entered: whoever went on would write something else than he means.
        this.#failure ??= error
        throw error
      }
      this.#position += length
      return true
    })
  }

  async finish(): Promise<{ size: number; rootHash: string }> {
    this.#finished ??= this.#alone(() => this.#finish())
    const { size, root } = await this.#finished
    return { size, rootHash: root }
  }

  /** @returns what the commit record says, once `finish` was called */
  get finished(): Promise<Finished> | undefined {
    return this.#finished
  }

  /** References to packs, once it is finished. */
  get uses(): ReadonlyMap<string, number> {
    return this.#uses
  }

  /** What a write ran into. */
  get failure(): unknown {
    return this.#failure
  }

  /** Waits for all that was started, whatever becomes of it. */
  async settle(): Promise<void> {
    this.#failure ??= new InvalidWriteError('the point was given up')
    await this.#finished?.catch(() => undefined)
    await this.#order
    this.#rest = undefined
  }

  /** The order of calls is the order of bytes, so there is one at a time. */
  async #alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure
    if (this.#busy || this.#finished)
      throw new InvalidWriteError(
        `stream "${this.streamId}": ${this.#busy ? 'before the call before it has ended' : 'after its end was declared'}`,
      )
    this.#busy = true
    try {
      return await work()
    } finally {
      this.#busy = false
    }
  }

  async #cut(): Promise<void> {
    this.#cutter.restart()
    if (this.#rest && this.#rest.length > 0) await this.#endChunk(new Uint8Array(0))
  }

  /**
   * Beside the budget: the end of a chunk may be long in coming, and where the beginnings of many streams held all of it, nobody could ever
   * give one an end.
   */
  #remember(bytes: Uint8Array): void {
    this.#rest ??= { memory: new Uint8Array(MAX_STREAM_CHUNK), length: 0 }
    copyInto(this.#rest.memory, this.#rest.length, bytes)
    this.#rest.length += bytes.length
  }

  /** @param end of the chunk; what was remembered comes before it */
  async #endChunk(end: Uint8Array): Promise<void> {
    const begun = this.#rest?.length ?? 0
    const length = begun + end.length
    const buffer = await this.#buffers.take(length)
    if (this.#rest && begun > 0) copyInto(buffer.memory, 0, this.#rest.memory.subarray(0, begun))
    copyInto(buffer.memory, begun, end)
    if (this.#rest) this.#rest.length = 0
    await this.#engine.work.acquire()
    if (this.#failure) {
      buffer.release()
      this.#engine.work.release()
      throw this.#failure
    }
    this.#statistics.chunks++
    this.#enter(this.#placed(buffer, length))
  }

  async #placed(buffer: ChunkBuffer, length: number): Promise<() => Promise<void>> {
    try {
      const { id, pack } = await this.#records.placeChunk(buffer, length)
      return () => this.#map.add(id, length, pack)
    } finally {
      buffer.release()
      this.#engine.work.release()
    }
  }

  async #enterKept(slice: Slice): Promise<void> {
    if (this.#waiting >= MAX_WAITING) await this.#order
    this.#enter(Promise.resolve(() => this.#map.addKept(slice)))
  }

  /** Behind everything that came before. */
  #enter(coming: Promise<() => Promise<void>>): void {
    coming.catch(() => undefined)
    this.#waiting++
    this.#order = this.#order
      .then(async () => {
        const enter = await coming
        if (!this.#failure) await enter()
      })
      .catch(error => {
        this.#failure ??= error
      })
      .finally(() => this.#waiting--)
  }

  async #finish(): Promise<Finished> {
    await this.#cut()
    this.#rest = undefined
    await this.#order
    if (this.#failure) throw this.#failure
    const finished = await this.#map.finish()
    const kept = await this.#kept?.references()
    this.#uses = sumOf(this.#map.packs.uses, kept ?? new Map())
    return { id: this.streamId, ...finished }
  }
}
