import { compress } from '../crypto/compress.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import { recordSize } from '../format/record.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { Sealed, SealWork } from '../workers/task.ts'
import type { ChunkBuffer } from './chunk-buffers.ts'
import { LevelChooser } from './level-chooser.ts'
import { Novelty } from './novelty.ts'
import type { FinishedPack } from './pack-builder.ts'
import type { PackPresence } from './pack-presence.ts'
import { PackWriter } from './pack-writer.ts'

/** Puts records of one job into packs, each only once. */
export class RecordStore {
  readonly #engine: Engine
  readonly #presence: PackPresence
  readonly #statistics: PointStatistics
  readonly #levels: LevelChooser
  readonly #novelty = new Novelty()
  readonly #data: PackWriter
  readonly #meta: PackWriter
  /** Records on their way: id to the pack that will hold it. Bounded by what fits into packs in memory. */
  readonly #pending = new Map<string, Promise<string>>()
  readonly #unindexed = new Set<FinishedPack>()
  readonly #onPack: (ulid: string) => void

  /**
   * @param onPack called when the store acknowledged a pack
   * @param signal packs that only wait to be sent are given up
   */
  constructor(
    engine: Engine,
    presence: PackPresence,
    statistics: PointStatistics,
    onPack: (ulid: string) => void,
    signal?: AbortSignal,
  ) {
    this.#onPack = onPack
    this.#engine = engine
    this.#presence = presence
    this.#statistics = statistics
    this.#levels = new LevelChooser(engine.tuning.compressionLevel)
    const onSent = (pack: FinishedPack) => this.#onSent(pack)
    this.#data = new PackWriter(engine, 'data', onSent, signal)
    this.#meta = new PackWriter(engine, 'meta', onSent, signal)
  }

  /** @returns ulid of the pack that holds, or will hold, the metadata record */
  place(id: Uint8Array, type: number, plaintext: Uint8Array): Promise<string> {
    return this.#once(id, () => this.#addMetadata({ id, type, plaintext }))
  }

  /**
   * @param buffer begins with the plaintext; the caller's again when the promise settles
   * @param plaintextLength bytes
   * @returns id of the chunk, and ulid of the pack that holds it, or will
   */
  async placeChunk(
    buffer: ChunkBuffer,
    plaintextLength: number,
  ): Promise<{ id: Uint8Array; pack: string }> {
    const { crew, keys } = this.#engine
    if (this.#novelty.isExpected) return this.#placeSealed(buffer, plaintextLength)
    const plaintext = buffer.memory.subarray(0, plaintextLength)
    const idKey = keys.recordIdKey(TYPE.chunk)
    const { id } = await crew.run({ op: 'identify', idKey, plaintext })
    let isNew = false
    const pack = await this.#once(id, async () => {
      isNew = true
      const sealed = await this.#seal(buffer, plaintextLength, task =>
        crew.run({ op: 'seal', id, ...task }),
      )
      return sealed.fill(id)
    })
    this.#novelty.saw(isNew)
    return { id, pack }
  }

  /** Sealed first; where somebody has the chunk already, its place stays empty. */
  async #placeSealed(buffer: ChunkBuffer, plaintextLength: number) {
    const { crew, keys } = this.#engine
    const idKey = keys.recordIdKey(TYPE.chunk)
    const { id, fill, leave } = await this.#seal(buffer, plaintextLength, task =>
      crew.run({ op: 'identify-and-seal', idKey, ...task }),
    )
    let isNew = false
    try {
      const pack = await this.#once(id, async () => {
        isNew = true
        return fill(id)
      })
      this.#novelty.saw(isNew)
      return { id, pack }
    } finally {
      if (!isNew) leave()
    }
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

  /**
   * Seals a chunk for a place in the pack that is open now.
   * @param work in which way
   * @returns what `work` returns; `fill` puts the record into its place, `leave` gives the place up: one of both, once
   */
  async #seal<T extends Sealed>(
    buffer: ChunkBuffer,
    plaintextLength: number,
    work: (task: SealWork) => Promise<T>,
  ) {
    this.#levels.saw(await this.#data.room())
    const { level } = this.#levels
    const place = this.#data.reserve(plaintextLength)
    const { session, sessionKey, sequence } = place
    const facts = { type: TYPE.chunk, plaintextLength, sequence }
    const task: SealWork = {
      ...facts,
      buffer: buffer.memory,
      level,
      key: sessionKey,
      repositoryId: this.#engine.keys.repositoryId,
      sessionId: session.id,
    }
    const sealed = await work(task).catch(error => {
      place.leave()
      throw error
    })
    const { compression, ciphertextLength } = sealed
    return {
      ...sealed,
      leave: place.leave,
      fill: (id: Uint8Array): string => {
        this.#statistics.newBytes += plaintextLength
        if (level === 3) this.#statistics.level3Chunks++
        const record = buffer.memory.subarray(0, recordSize(ciphertextLength))
        const entry = { ...facts, id, compression, ciphertextLength }
        place.fill(entry, record, buffer.handOver())
        return place.ulid
      },
    }
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
