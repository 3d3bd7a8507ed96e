import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { isZero } from '../format/bytes.ts'
import { TYPE, ZERO_ID } from '../format/kinds.ts'
import type { DiskWriter, PointStatistics } from '../repository.ts'
import type { Permit } from './byte-budget.ts'
import type { DiskLayout } from './disk-layout.ts'
import type { DiskMapWriter } from './disk-map-writer.ts'
import type { RecordStore } from './record-store.ts'

/** Cuts what it is given into chunks and sees each through: zero, known, or new. */
export class ChunkedDiskWriter implements DiskWriter {
  readonly chunkSize: number
  readonly layout: DiskLayout
  readonly map: DiskMapWriter
  readonly #engine: Engine
  readonly #records: RecordStore
  readonly #statistics: PointStatistics
  readonly #busy = new Map<number, Promise<void>>()
  #failure: unknown
  #finished: Promise<{ rootHash: string }> | undefined

  constructor(
    engine: Engine,
    layout: DiskLayout,
    map: DiskMapWriter,
    records: RecordStore,
    statistics: PointStatistics,
  ) {
    this.chunkSize = layout.chunkSize
    this.layout = layout
    this.map = map
    this.#engine = engine
    this.#records = records
    this.#statistics = statistics
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.#guard(offset, bytes.length)
    const { budget, work } = this.#engine
    for (let at = 0; at < bytes.length; at += this.chunkSize) {
      const permit = await budget.take(this.chunkSize)
      await work.acquire()
      if (this.#failure) {
        permit.release()
        work.release()
        throw this.#failure
      }
      const part = bytes.subarray(at, at + this.chunkSize)
      this.#start((offset + at) / this.chunkSize, part, permit)
    }
  }

  async zero(offset: number, length: number): Promise<void> {
    this.#guard(offset, length)
    const first = offset / this.chunkSize
    const end = Math.ceil((offset + length) / this.chunkSize)
    for (let chunk = first; chunk < end; chunk++) await this.map.set(chunk, ZERO_ID)
    this.#statistics.changedBytes += length
    this.#statistics.zeroBytes += length
  }

  finish(): Promise<{ rootHash: string }> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  /** Waits for all that was started, whatever becomes of it. */
  async settle(): Promise<void> {
    this.#failure ??= new InvalidWriteError('the point was given up')
    while (this.#busy.size > 0) await Promise.all(this.#busy.values())
    await this.#finished?.catch(() => undefined)
  }

  /** @returns the root hash, once `finish` was called */
  get rootHash(): Promise<string> | undefined {
    return this.#finished?.then(({ rootHash }) => rootHash)
  }

  async #finish(): Promise<{ rootHash: string }> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values())
    if (this.#failure) throw this.#failure
    return { rootHash: await this.map.finish() }
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
  }

  #start(chunk: number, bytes: Uint8Array, permit: Permit): void {
    this.#statistics.changedBytes += bytes.length
    const before = this.#busy.get(chunk)
    const done = Promise.resolve(before)
      .then(() => this.#see(chunk, bytes, permit))
      .catch(error => {
        this.#failure ??= error
        permit.release()
      })
      .finally(() => {
        this.#engine.work.release()
        if (this.#busy.get(chunk) === done) this.#busy.delete(chunk)
      })
    this.#busy.set(chunk, done)
  }

  async #see(chunk: number, bytes: Uint8Array, permit: Permit): Promise<void> {
    if (isZero(bytes)) {
      this.#statistics.zeroBytes += bytes.length
      permit.release()
      return this.map.set(chunk, ZERO_ID)
    }
    this.#statistics.chunks++
    const plaintext = this.#padded(bytes)
    const id = this.#engine.keys.recordId(TYPE.chunk, plaintext)
    const pack = await this.#records.place(id, TYPE.chunk, plaintext, permit)
    await this.map.set(chunk, id, pack)
  }

  /** The last chunk is filled up with zeros, so that it stays the same when the disk grows. */
  #padded(bytes: Uint8Array): Uint8Array {
    if (bytes.length === this.chunkSize) return bytes
    const full = Buffer.alloc(this.chunkSize)
    full.set(bytes)
    return full
  }
}
