import { isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { type StreamPage, streamIdAt } from '../format/stream-page.ts'
import type { Point, PointStream } from '../point.ts'
import type { OpenStream, ReaderLimits } from '../repository.ts'
import { ChunkFetcher } from './chunk-fetcher.ts'
import { counted, READER_LIMITS } from './open-disk.ts'
import { learnDisk } from './read-disk.ts'
import { refuseOutside, streamOf } from './read-stream.ts'
import { Recent } from './recent.ts'
import { Sequences } from './sequences.ts'
import { type PagePlace, pageAt, StreamMapReader, slotOf } from './stream-map.ts'

/** @throws as `Repository.openStream` */
export const openStream = async (
  engine: Engine,
  point: Point,
  streamId: string,
  limits: Partial<ReaderLimits> = {},
): Promise<OpenStream> => {
  const stream = streamOf(point, streamId)
  const fetched = { requests: 0, bytes: 0 }
  const counting = { ...engine, store: counted(engine.store, fetched) }
  try {
    const suspects = await learnDisk(counting, point, stream)
    const map = new StreamMapReader(counting, point, stream, suspects)
    const places = await map.pages()
    const stop = new AbortController()
    const all = { ...READER_LIMITS, ...limits }
    const reading = { engine: counting, needer: point.key, packs: stream.packs, suspects }
    const chunks = new ChunkFetcher({ ...reading, signal: stop.signal }, all.cache)
    return new StreamReader({ point, stream, map, places, chunks, limits: all, fetched, stop })
  } catch (error) {
    throw isDamage(error) ? error.at({ vmUuid: point.vmUuid, pointId: point.id, streamId }) : error
  }
}

interface Parts {
  point: Point
  stream: PointStream
  map: StreamMapReader
  places: readonly PagePlace[]
  chunks: ChunkFetcher
  limits: ReaderLimits
  fetched: { requests: number; bytes: number }
  stop: AbortController
}

/** A chunk, and where it begins, in bytes from the start of the stream. */
interface PlacedChunk {
  offset: number
  length: number
  id: Uint8Array
}

/** Reads a stream at any place, by its map: only the pages and chunks that are needed. */
class StreamReader implements OpenStream {
  readonly size: number
  readonly fetched: Readonly<{ requests: number; bytes: number }>
  readonly #parts: Parts
  readonly #pages: Recent<number, Promise<StreamPage>>
  readonly #sequences: Sequences

  constructor(parts: Parts) {
    this.size = parts.stream.size
    this.fetched = parts.fetched
    this.#parts = parts
    this.#pages = new Recent(parts.limits.pages)
    this.#sequences = new Sequences(parts.limits)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    refuseOutside(this.size, offset, length)
    const { chunks, stop } = this.#parts
    stop.signal.throwIfAborted()
    const result = new Uint8Array(length)
    const wanted = await this.#chunksOf(offset, length)
    const coming = chunks.fetch(wanted.map(({ id }) => id))
    this.#readAhead(offset, length)
    for (const chunk of wanted) {
      const bytes = await this.#placed(chunk, coming.get(hex(chunk.id)) as Promise<Uint8Array>)
      const from = Math.max(offset, chunk.offset)
      const to = Math.min(offset + length, chunk.offset + chunk.length)
      result.set(bytes.subarray(from - chunk.offset, to - chunk.offset), from - offset)
    }
    return result
  }

  async close(): Promise<void> {
    const { stop, chunks } = this.#parts
    stop.abort(new Error('The stream was closed.'))
    await chunks.idle()
  }

  async #chunksOf(offset: number, length: number): Promise<PlacedChunk[]> {
    const { places } = this.#parts
    const end = offset + length
    const found: PlacedChunk[] = []
    for (let at = offset; at < end; ) {
      const number = pageAt(places, at)
      const place = places[number] as PagePlace
      const page = await this.#page(number, place)
      for (let slot = slotOf(page, at - place.offset); slot < page.count && at < end; slot++) {
        const start = place.offset + (page.starts[slot] as number)
        at = place.offset + (page.starts[slot + 1] as number)
        found.push({ offset: start, length: at - start, id: streamIdAt(page, slot) })
      }
    }
    return found
  }

  #page(number: number, place: PagePlace): Promise<StreamPage> {
    const known = this.#pages.get(number)
    if (known) return known
    const page = this.#placed(place, this.#parts.map.page(place))
    page.catch(() => this.#pages.delete(number))
    this.#pages.set(number, page)
    return page
  }

  #readAhead(offset: number, length: number): void {
    const end = offset + length
    const ahead = Math.min(this.#sequences.ahead(offset, length), this.size - end)
    if (ahead === 0) return
    // Whoever comes for these bytes hears of what went wrong.
    this.#chunksOf(end, ahead).then(
      found => this.#parts.chunks.fetch(found.map(({ id }) => id)),
      () => undefined,
    )
  }

  async #placed<T>({ offset }: { offset: number }, work: Promise<T>): Promise<T> {
    const { point, stream } = this.#parts
    try {
      return await work
    } catch (error) {
      if (!isDamage(error)) throw error
      throw error.at({ vmUuid: point.vmUuid, pointId: point.id, streamId: stream.id, offset })
    }
  }
}
