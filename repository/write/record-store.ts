import { compress } from '../crypto/compress.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import { recordSize } from '../format/record.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { ChunkBuffer } from './chunk-buffers.ts'
import { LevelChooser } from './level-chooser.ts'
import type { FinishedPack } from './pack-builder.ts'
import type { PackPresence } from './pack-presence.ts'
import { PackWriter } from './pack-writer.ts'

/** Puts records of one job into packs, each only once. */
export class RecordStore {
  readonly #engine: Engine
  readonly #presence: PackPresence
  readonly #statistics: PointStatistics
  readonly #levels: LevelChooser
  readonly #data: PackWriter
  readonly #meta: PackWriter
  /** Records on their way: id to the pack that will hold it. Bounded by what fits into packs in memory. */
  readonly #pending = new Map<string, Promise<string>>()
  readonly #unindexed = new Set<FinishedPack>()
  readonly #onPack: (ulid: string) => void

  /** @param onPack called when the store acknowledged a pack */
  constructor(
    engine: Engine,
    presence: PackPresence,
    statistics: PointStatistics,
    onPack: (ulid: string) => void,
  ) {
    this.#onPack = onPack
    this.#engine = engine
    this.#presence = presence
    this.#statistics = statistics
    this.#levels = new LevelChooser(engine.tuning.compressionLevel)
    const onSent = (pack: FinishedPack) => this.#onSent(pack)
    this.#data = new PackWriter(engine, 'data', onSent)
    this.#meta = new PackWriter(engine, 'meta', onSent)
  }

  /** @returns ulid of the pack that holds, or will hold, the metadata record */
  place(id: Uint8Array, type: number, plaintext: Uint8Array): Promise<string> {
    return this.#once(id, () => this.#addMetadata({ id, type, plaintext }))
  }

  /**
   * @param buffer begins with the plaintext; the caller's again when the promise settles
   * @param plaintextLength bytes
   * @returns ulid of the pack that holds, or will hold, the chunk
   */
  placeChunk(id: Uint8Array, buffer: ChunkBuffer, plaintextLength: number): Promise<string> {
    return this.#once(id, () => this.#addChunk(id, buffer, plaintextLength))
  }

  /** @returns ulid of a pack that holds the record already, and that may be relied on */
  known(id: Uint8Array): Promise<string | undefined> {
    return this.#find(id)
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

  /** Whoever comes with the same record meanwhile gets the same answer. */
  async #once(id: Uint8Array, add: () => Promise<string>): Promise<string> {
    const key = hex(id)
    const pending = this.#pending.get(key)
    if (pending) return pending
    const placed = this.#find(id).then(known => {
      if (!known) return add()
      this.#pending.delete(key)
      return known
    })
    this.#pending.set(key, placed)
    placed.catch(() => this.#pending.delete(key))
    return placed
  }

  async #addMetadata({
    id,
    type,
    plaintext,
  }: {
    id: Uint8Array
    type: number
    plaintext: Uint8Array
  }) {
    const compressed = await compress(plaintext, this.#levels.level)
    return this.#meta.add({ id, type, plaintextLength: plaintext.length, ...compressed })
  }

  async #addChunk(id: Uint8Array, buffer: ChunkBuffer, plaintextLength: number): Promise<string> {
    const { crew, keys } = this.#engine
    this.#levels.saw(await this.#data.room())
    const { level } = this.#levels
    const place = this.#data.reserve(plaintextLength)
    const { session, sessionKey, sequence } = place
    const facts = { id, type: TYPE.chunk, plaintextLength, sequence }
    const task = {
      op: 'seal' as const,
      ...facts,
      buffer: buffer.memory,
      level,
      key: sessionKey,
      repositoryId: keys.repositoryId,
      sessionId: session.id,
    }
    const sealed = await crew.run(task).catch(error => {
      place.leave()
      throw error
    })
    this.#statistics.newBytes += plaintextLength
    if (level === 3) this.#statistics.level3Chunks++
    const record = buffer.memory.subarray(0, recordSize(sealed.ciphertextLength))
    place.fill({ ...facts, ...sealed }, record, buffer.handOver())
    return place.ulid
  }

  async #find(id: Uint8Array): Promise<string | undefined> {
    for (const ulid of this.#engine.index.packsOf(id))
      if (!this.#engine.damage.strikes(ulid, id) && (await this.#presence.isPresent(ulid)))
        return ulid
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
    this.#onPack(pack.ulid)
  }
}
