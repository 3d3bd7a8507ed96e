import { compress } from '../crypto/compress.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import type { PointStatistics } from '../repository.ts'
import type { Permit } from './byte-budget.ts'
import type { FinishedPack } from './pack-builder.ts'
import type { PackPresence } from './pack-presence.ts'
import { PackWriter } from './pack-writer.ts'

/** Puts records of one job into packs, each only once. */
export class RecordStore {
  readonly #engine: Engine
  readonly #presence: PackPresence
  readonly #statistics: PointStatistics
  readonly #data: PackWriter
  readonly #meta: PackWriter
  /** Records on their way: id to the pack that will hold it. Bounded by what fits into packs in memory. */
  readonly #pending = new Map<string, Promise<string>>()
  readonly #unindexed = new Set<FinishedPack>()

  constructor(engine: Engine, presence: PackPresence, statistics: PointStatistics) {
    this.#engine = engine
    this.#presence = presence
    this.#statistics = statistics
    const onSent = (pack: FinishedPack) => this.#onSent(pack)
    this.#data = new PackWriter(engine, 'data', onSent)
    this.#meta = new PackWriter(engine, 'meta', onSent)
  }

  /**
   * @param permit for chunks: their share of the budget, released here
   * @returns ulid of the pack that holds, or will hold, the record
   */
  async place(
    id: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    permit?: Permit,
  ): Promise<string> {
    const key = hex(id)
    const pending = this.#pending.get(key)
    if (pending) {
      permit?.release()
      return pending
    }
    const placed = this.#findOrAdd(id, type, plaintext, permit)
    this.#pending.set(key, placed)
    placed.catch(() => this.#pending.delete(key))
    return placed
  }

  /** Packs that no index segment names yet; without their bytes. */
  get unindexed(): FinishedPack[] {
    return [...this.#unindexed]
  }

  indexed(packs: FinishedPack[]): void {
    for (const pack of packs) this.#unindexed.delete(pack)
  }

  async flush(): Promise<void> {
    await this.#data.flush()
    await this.#meta.flush()
  }

  async abandon(): Promise<void> {
    await this.#data.abandon()
    await this.#meta.abandon()
  }

  async #findOrAdd(
    id: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    permit?: Permit,
  ): Promise<string> {
    try {
      const known = await this.#find(id)
      if (known) {
        this.#pending.delete(hex(id))
        permit?.release()
        return known
      }
      const compressed = await compress(plaintext, this.#engine.tuning.compressionLevel)
      const isChunk = type === TYPE.chunk
      if (isChunk) this.#statistics.newBytes += plaintext.length
      const record = { id, type, plaintextLength: plaintext.length, ...compressed }
      return (isChunk ? this.#data : this.#meta).add(record, permit)
    } catch (error) {
      permit?.release()
      throw error
    }
  }

  async #find(id: Uint8Array): Promise<string | undefined> {
    for (const ulid of this.#engine.index.packsOf(id))
      if (await this.#presence.isPresent(ulid)) return ulid
    return undefined
  }

  #onSent(pack: FinishedPack): void {
    this.#presence.trust(pack.ulid)
    for (const { id } of pack.trailer.records) this.#pending.delete(hex(id))
    this.#statistics.storedBytes += pack.size
    this.#statistics.packs++
    this.#statistics.puts++
    // The parts are in the store now; keeping them would keep the whole backup in memory.
    this.#unindexed.add({ ...pack, parts: [] })
  }
}
