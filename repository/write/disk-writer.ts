import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { isZero } from '../format/bytes.ts'
import { ZERO_ID } from '../format/kinds.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { DiskWriter } from './api.ts'
import { type ChunkBuffer, ChunkBuffers } from './chunk-buffers.ts'
import type { DiskLayout } from './disk-layout.ts'
import type { DiskMapWriter } from './disk-map-writer.ts'
import type { RecordStore } from './record-store.ts'
import type { Stretch } from './stretch.ts'

/** What the writer tells of each chunk once it is entered: how later attempts learn of it. */
export interface ChunkLog {
  saw(chunk: number, id: Uint8Array, pack: string): void
  sawZeros(first: number, count: number): void
}

/** Cuts what it is given into chunks and sees each through: zero, known, or new. */
export class ChunkedDiskWriter implements DiskWriter {
  readonly chunkSize: number
  layout: DiskLayout
  readonly map: DiskMapWriter
  readonly done: readonly Stretch[]
  readonly #log: ChunkLog | undefined
  readonly #engine: Engine
  readonly #records: RecordStore
  readonly #statistics: PointStatistics
  readonly #buffers: ChunkBuffers
  readonly #busy = new Map<number, Promise<void>>()
  /** bytes: behind the last byte that was written, or said to be zero */
  #end = 0
  #failure: unknown
  #finished: Promise<{ rootHash: string }> | undefined

  constructor(
    engine: Engine,
    layout: DiskLayout,
    map: DiskMapWriter,
    records: RecordStore,
    statistics: PointStatistics,
    earlier: { done: readonly Stretch[]; log?: ChunkLog | undefined } = { done: [] },
  ) {
    this.done = earlier.done
    this.#log = earlier.log
    this.chunkSize = layout.chunkSize
    this.layout = layout
    this.map = map
    this.#engine = engine
    this.#records = records
    this.#statistics = statistics
    this.#buffers = new ChunkBuffers(engine, layout.chunkSize)
  }

  async buffer(): Promise<Uint8Array> {
    if (this.#failure) throw this.#failure
    return this.#buffers.lend()
  }

  giveBack(bytes: Uint8Array): void {
    this.#buffers.reclaim(bytes)?.release()
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const lent = this.#buffers.reclaim(bytes)
    try {
      this.#guard(offset, bytes.length)
    } catch (error) {
      lent?.release()
      throw error
    }
    if (lent) return this.#take(offset, bytes, lent)
    for (let at = 0; at < bytes.length; at += this.chunkSize) {
      const part = bytes.subarray(at, at + this.chunkSize)
      await this.#take(offset + at, part, await this.#buffers.filled(part))
    }
  }

  async zero(offset: number, length: number): Promise<void> {
    this.#guard(offset, length)
    const first = offset / this.chunkSize
    const end = Math.ceil((offset + length) / this.chunkSize)
    for (let chunk = first; chunk < end; chunk++) await this.map.set(chunk, ZERO_ID)
    if (end > first) this.#log?.sawZeros(first, end - first)
    this.#statistics.changedBytes += length
    this.#statistics.zeroBytes += length
  }

  finish(size?: number): Promise<{ rootHash: string }> {
    this.#finished ??= this.#finish(size)
    return this.#finished
  }

  /** What a write ran into. */
  get failure(): unknown {
    return this.#failure
  }

  /** Waits for all that was started, whatever becomes of it. */
  async settle(): Promise<void> {
    this.#failure ??= new InvalidWriteError('the point was given up')
    this.#buffers.forget()
    while (this.#busy.size > 0) await Promise.all(this.#busy.values())
    await this.#finished?.catch(() => undefined)
  }

  /** @returns the root hash, once `finish` was called */
  get rootHash(): Promise<string> | undefined {
    return this.#finished?.then(({ rootHash }) => rootHash)
  }

  async #finish(size: number | undefined): Promise<{ rootHash: string }> {
    if (size !== undefined) this.#shorten(size)
    while (this.#busy.size > 0) await Promise.all(this.#busy.values())
    if (this.#failure) throw this.#failure
    return { rootHash: await this.map.finish() }
  }

  #shorten(size: number): void {
    const { diskId, base } = this.layout
    const beyond = this.#end > Math.ceil(size / this.chunkSize) * this.chunkSize
    const isSize = Number.isSafeInteger(size) && size > 0 && size <= this.layout.size
    if (!isSize || beyond || base || this.#log)
      throw new InvalidWriteError(`disk ${diskId} cannot end after ${size} bytes`)
    this.layout = { ...this.layout, size }
    this.map.shorten(this.layout)
  }

  #guard(offset: number, length: number): void {
    if (this.#failure) throw this.#failure
    const { size, diskId } = this.layout
    const end = offset + length
    const stretch = `${length} bytes at ${offset} of disk ${diskId} (${size} bytes, chunks of ${this.chunkSize})`
    if (this.#finished) throw new InvalidWriteError(`${stretch}: after its end was declared`)
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0 || end > size)
      throw new InvalidWriteError(`${stretch}: outside of it`)
    if (offset % this.chunkSize !== 0 || (end % this.chunkSize !== 0 && end !== size))
      throw new InvalidWriteError(`${stretch}: not in whole chunks`)
    this.#end = Math.max(this.#end, end)
  }

  /** A chunk whose bytes are in a buffer of ours. */
  async #take(offset: number, bytes: Uint8Array, buffer: ChunkBuffer): Promise<void> {
    await this.#engine.work.acquire()
    if (this.#failure) {
      buffer.release()
      this.#engine.work.release()
      throw this.#failure
    }
    this.#start(offset / this.chunkSize, buffer, bytes.length)
  }

  #start(chunk: number, buffer: ChunkBuffer, length: number): void {
    this.#statistics.changedBytes += length
    const before = this.#busy.get(chunk)
    const done = Promise.resolve(before)
      .then(() => this.#see(chunk, buffer, length))
      .catch(error => {
        this.#failure ??= error
      })
      .finally(() => {
        buffer.release()
        this.#engine.work.release()
        if (this.#busy.get(chunk) === done) this.#busy.delete(chunk)
      })
    this.#busy.set(chunk, done)
  }

  async #see(chunk: number, buffer: ChunkBuffer, length: number): Promise<void> {
    // The last chunk is filled up with zeros, so that it stays the same when the disk grows.
    const plaintext = buffer.memory.subarray(0, this.chunkSize)
    plaintext.fill(0, length)
    if (isZero(plaintext)) {
      this.#statistics.zeroBytes += length
      await this.map.set(chunk, ZERO_ID)
      this.#log?.sawZeros(chunk, 1)
      return
    }
    this.#statistics.chunks++
    const { id, pack } = await this.#records.placeChunk(buffer, this.chunkSize)
    await this.map.set(chunk, id, pack)
    this.#log?.saw(chunk, id, pack)
  }
}
