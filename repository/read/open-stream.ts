import type { Engine } from '../engine.ts'
import { hex } from '../format/bytes.ts'
import { type StreamPage, streamIdAt } from '../format/stream-page.ts'
import type { Point } from '../point.ts'
import type { OpenStream, ReaderLimits } from '../repository.ts'
import { refuseOutside, streamOf } from './read-stream.ts'
import { openParts, type ReaderParts } from './reader-parts.ts'
import { type PagePlace, pageAt, StreamMapReader, slotOf } from './stream-map.ts'

/** @throws as `Repository.openStream` */
export const openStream = async (
  engine: Engine,
  point: Point,
  streamId: string,
  limits: Partial<ReaderLimits> = {},
): Promise<OpenStream> => {
  const stream = streamOf(point, streamId)
  const part = { point, part: stream, place: { streamId } }
  return openParts<StreamPage, OpenStream>(engine, part, limits, async opening => {
    const map = new StreamMapReader(opening.engine, point, stream, opening.suspects)
    return new StreamReader(stream.size, opening.parts, map, await map.pages())
  })
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
  readonly #parts: ReaderParts<StreamPage>
  readonly #map: StreamMapReader
  readonly #places: readonly PagePlace[]

  constructor(
    size: number,
    parts: ReaderParts<StreamPage>,
    map: StreamMapReader,
    places: readonly PagePlace[],
  ) {
    this.size = size
    this.fetched = parts.fetched
    this.#parts = parts
    this.#map = map
    this.#places = places
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    refuseOutside(this.size, offset, length)
    const parts = this.#parts
    parts.throwIfClosed()
    const result = new Uint8Array(length)
    const wanted = await this.#chunksOf(offset, length)
    const coming = parts.chunks.fetch(wanted.map(({ id }) => id))
    parts.readAhead({ offset, length, size: this.size }, async (from, ahead) =>
      (await this.#chunksOf(from, ahead)).map(({ id }) => id),
    )
    for (const chunk of wanted) {
      const came = coming.get(hex(chunk.id)) as Promise<Uint8Array>
      const bytes = await parts.placed(chunk.offset, came)
      const from = Math.max(offset, chunk.offset)
      const to = Math.min(offset + length, chunk.offset + chunk.length)
      result.set(bytes.subarray(from - chunk.offset, to - chunk.offset), from - offset)
    }
    return result
  }

  close(): Promise<void> {
    return this.#parts.close('The stream was closed.')
  }

  async #chunksOf(offset: number, length: number): Promise<PlacedChunk[]> {
    const end = offset + length
    const found: PlacedChunk[] = []
    for (let at = offset; at < end; ) {
      const number = pageAt(this.#places, at)
      const place = this.#places[number] as PagePlace
      const page = await this.#parts.page(number, place.offset, () => this.#map.page(place))
      for (let slot = slotOf(page, at - place.offset); slot < page.count && at < end; slot++) {
        const start = place.offset + (page.starts[slot] as number)
        at = place.offset + (page.starts[slot + 1] as number)
        found.push({ offset: start, length: at - start, id: streamIdAt(page, slot) })
      }
    }
    return found
  }
}
