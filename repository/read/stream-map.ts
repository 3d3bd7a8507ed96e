import { type DamageError, ObjectDamagedError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { FormatError, fromHex } from '../format/bytes.ts'
import { decodeStreamPage, type StreamPage } from '../format/stream-page.ts'
import { decodeStreamRoot } from '../format/stream-root.ts'
import type { Point, PointStream } from '../point.ts'
import { readRecord } from './record-reader.ts'

/** Where a page's part of a stream lies. */
export interface PagePlace {
  id: Uint8Array
  /** bytes from the start of the stream */
  offset: number
  /** bytes */
  bytes: number
}

/** Reads the two levels of a stream's map. */
export class StreamMapReader {
  readonly #engine: Engine
  readonly #point: Point
  readonly #stream: PointStream
  readonly #suspects: ReadonlyMap<string, DamageError>

  /** @param suspects packs of the point that the local table could not learn */
  constructor(
    engine: Engine,
    point: Point,
    stream: PointStream,
    suspects: ReadonlyMap<string, DamageError> = new Map(),
  ) {
    this.#engine = engine
    this.#point = point
    this.#stream = stream
    this.#suspects = suspects
  }

  /**
   * @returns the places of all pages, ascending, without gaps
   * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`
   */
  async pages(): Promise<PagePlace[]> {
    const { id, size, chunks, rootHash } = this.#stream
    const root = await this.#read(fromHex(rootHash), decodeStreamRoot)
    if (root.size !== size || root.chunks !== chunks)
      throw this.#damaged(`the map of stream ${id} is of another size than its commit record says`)
    let offset = 0
    return root.pages.map(page => {
      const place = { ...page, offset }
      offset += page.bytes
      return place
    })
  }

  /** @throws as `pages` */
  async page({ id, bytes }: PagePlace): Promise<StreamPage> {
    const page = await this.#read(id, decodeStreamPage)
    if (page.starts[page.count] !== bytes)
      throw this.#damaged(`a page of stream ${this.#stream.id} is not as long as its root says`)
    return page
  }

  async #read<T>(id: Uint8Array, decode: (bytes: Uint8Array) => T): Promise<T> {
    const bytes = await readRecord(this.#engine, id, this.#point.key, this.#suspects.values())
    try {
      return decode(bytes)
    } catch (error) {
      throw error instanceof FormatError ? this.#damaged(error.message) : error
    }
  }

  #damaged(problem: string): DamageError {
    return new ObjectDamagedError(this.#point.key, problem)
  }
}

/** @returns the number of the page whose part of the stream holds this byte */
export const pageAt = (places: readonly PagePlace[], offset: number): number => {
  let [low, high] = [0, places.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((places[middle] as PagePlace).offset <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * @param offset bytes from the start of the page's part of the stream
 * @returns the slot of the chunk that begins there, or, at the end of the page, how many there are; `undefined`: none begins there
 */
export const slotAt = (page: StreamPage, offset: number): number | undefined => {
  const slot = slotOf(page, offset)
  if (page.starts[slot] === offset) return slot
  return page.starts[page.count] === offset ? page.count : undefined
}

/** @returns the slot of the chunk that holds the byte at `offset` of the page's part of the stream */
export const slotOf = ({ starts, count }: StreamPage, offset: number): number => {
  let [low, high] = [0, count - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] as number) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
