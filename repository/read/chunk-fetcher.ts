import type { DamageError } from '#core/errors/repository.ts'
import { hex, isZero } from '../format/bytes.ts'
import type { PlannedGet } from './plan.ts'
import { Recent } from './recent.ts'
import { type DiskReading, planChunks, readPlanned } from './segment.ts'

interface Deferred {
  promise: Promise<Uint8Array>
  resolve: (bytes: Uint8Array) => void
  reject: (error: unknown) => void
}

/** Chunks by id, each fetched once however many ask for it at the same time, and kept for a while. */
export class ChunkFetcher {
  readonly #reading: DiskReading
  readonly #kept: Recent<string, Uint8Array>
  readonly #coming = new Map<string, Deferred>()
  readonly #atWork = new Set<Promise<void>>()

  /** @param cache bytes of chunks that are kept */
  constructor(reading: DiskReading, cache: number) {
    this.#reading = reading
    this.#kept = new Recent(cache, ({ length }) => length)
  }

  /** bytes of chunks kept */
  get size(): number {
    return this.#kept.size
  }

  /**
   * Starts to fetch what is neither kept nor coming, neighbours by one GET.
   * @param ids 32 bytes each, in any order, with or without zeros
   * @returns by id in hex, without zeros: promises that may be left alone; rejected with damage, or with what the store ran into
   */
  fetch(ids: readonly Uint8Array[]): Map<string, Promise<Uint8Array>> {
    const chunks = new Map<string, Promise<Uint8Array>>()
    const wanted: Uint8Array[] = []
    for (const id of ids) {
      const key = hex(id)
      if (isZero(id) || chunks.has(key)) continue
      const kept = this.#kept.get(key)
      if (kept) chunks.set(key, Promise.resolve(kept))
      else {
        if (!this.#coming.has(key)) wanted.push(id)
        chunks.set(key, this.#expect(key).promise)
      }
    }
    const { gets, missing } = planChunks(this.#reading, wanted)
    for (const [key, { damage }] of missing) this.#settle(key, { damage })
    for (const get of gets) this.#start(get)
    return chunks
  }

  /** Waits for what is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.#atWork)
  }

  #expect(key: string): Deferred {
    const coming = this.#coming.get(key)
    if (coming) return coming
    const deferred = Promise.withResolvers<Uint8Array>()
    deferred.promise.catch(() => undefined)
    this.#coming.set(key, deferred)
    return deferred
  }

  #start(get: PlannedGet): void {
    const work = this.#get(get).finally(() => this.#atWork.delete(work))
    this.#atWork.add(work)
  }

  async #get(get: PlannedGet): Promise<void> {
    const { engine, signal } = this.#reading
    // Who holds a permit waits for nobody: it comes back as soon as the store has answered.
    const plain = get.wanted.reduce((sum, { entry }) => sum + entry.plaintextLength, 0)
    const permit = await engine.budget.take(get.length + plain, 'read')
    try {
      signal?.throwIfAborted()
      await readPlanned(engine, get, async (id, decoded) => this.#settle(hex(id), decoded))
    } catch (error) {
      for (const { entry } of get.wanted) this.#fail(hex(entry.id), error)
    } finally {
      permit.release()
    }
  }

  #settle(key: string, decoded: { bytes: Uint8Array } | { damage: DamageError }): void {
    if ('damage' in decoded) {
      this.#fail(key, decoded.damage)
      return
    }
    this.#kept.set(key, decoded.bytes)
    this.#coming.get(key)?.resolve(decoded.bytes)
    this.#coming.delete(key)
  }

  /** Nothing of a failure is kept: the next one who asks may be luckier. */
  #fail(key: string, error: unknown): void {
    this.#coming.get(key)?.reject(error)
    this.#coming.delete(key)
  }
}
