import { InvalidWriteError, StreamNotFoundError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { FEATURES, STREAMS } from '../format/bootstrap.ts'
import { type CommitRecord, MAX_STREAM_ID } from '../format/commit.ts'
import { announceFeature } from '../gc/announce.ts'
import type { Point } from '../point.ts'
import type { PointStatistics } from '../point-statistics.ts'
import type { StreamRequest } from './api.ts'
import { beginKept, type KeptStream } from './kept-stream.ts'
import type { PackPresence } from './pack-presence.ts'
import type { RecordStore } from './record-store.ts'
import { ChunkedStreamWriter } from './stream-writer.ts'

/** The streams of a point that is being written. */
export class PointStreams {
  readonly #engine: Engine
  readonly #base: Point | undefined
  readonly #records: RecordStore
  readonly #presence: PackPresence
  readonly #statistics: PointStatistics
  readonly #ids = new Set<string>()
  readonly #all: ChunkedStreamWriter[] = []
  #announced: Promise<unknown> | undefined

  constructor(
    engine: Engine,
    base: Point | undefined,
    records: RecordStore,
    presence: PackPresence,
    statistics: PointStatistics,
  ) {
    this.#engine = engine
    this.#base = base
    this.#records = records
    this.#presence = presence
    this.#statistics = statistics
  }

  get all(): readonly ChunkedStreamWriter[] {
    return this.#all
  }

  /** @throws as `PointWriter.stream` */
  async begin({ streamId, keep }: StreamRequest): Promise<ChunkedStreamWriter> {
    if (streamId.length < 1 || streamId.length > MAX_STREAM_ID)
      throw new InvalidWriteError(`a stream id has 1 to ${MAX_STREAM_ID} characters`)
    if (this.#ids.has(streamId))
      throw new InvalidWriteError(`stream "${streamId}" twice in one point`)
    this.#ids.add(streamId)
    const kept = keep === undefined ? undefined : await this.#beginKept(keep)
    const { store } = this.#engine
    this.#announced ??= announceFeature(this.#engine, store, FEATURES[STREAMS], STREAMS)
    await this.#announced
    const stream = new ChunkedStreamWriter(
      this.#engine,
      streamId,
      this.#records,
      this.#statistics,
      kept,
    )
    this.#all.push(stream)
    return stream
  }

  /** What the commit record says of them. @throws `INVALID_WRITE`, and what their writing ran into */
  finished(): Promise<NonNullable<CommitRecord['streams']>> {
    return Promise.all(
      this.#all.map(({ streamId, finished }) => {
        if (!finished) throw new InvalidWriteError(`stream "${streamId}" is not finished`)
        return finished
      }),
    )
  }

  /** What a base names may be gone all the same: from a replica that has not got it yet, by a hand that deleted too much. Chunks are kept of what the store shows. */
  async #beginKept(streamId: string): Promise<KeptStream | undefined> {
    if (!this.#base) throw new InvalidWriteError(`keeping chunks of "${streamId}" without a base`)
    const stream = this.#base.streams.find(({ id }) => id === streamId)
    if (!stream) throw new StreamNotFoundError(this.#base.id, streamId)
    const gone = await this.#presence.goneOf(stream.packs.keys())
    return beginKept(this.#engine, { point: this.#base, stream }, gone)
  }
}
