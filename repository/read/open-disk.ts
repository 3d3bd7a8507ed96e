import { DiskNotFoundError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { hex, isZero } from '../format/bytes.ts'
import { emptyPage, IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { Point, PointDisk } from '../point.ts'
import type { Extent, OpenDisk, ReaderLimits } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { openParts, type ReaderParts } from './reader-parts.ts'

/** @throws as `Repository.openDisk` */
export const openDisk = async (
  engine: Engine,
  point: Point,
  diskId: string,
  limits: Partial<ReaderLimits> = {},
): Promise<OpenDisk> => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const part = { point, part: disk, place: { diskId } }
  return openParts<Uint8Array, OpenDisk>(engine, part, limits, async opening => {
    const map = new DiskMapReader(opening.engine, point, disk, opening.suspects)
    const { pageIds } = await map.root()
    return new DiskReader(disk, opening.parts, map, pageIds)
  })
}

/** Reads a disk at any place, by its map: only the pages and chunks that are needed. */
class DiskReader implements OpenDisk {
  readonly size: number
  readonly chunkSize: number
  readonly fetched: Readonly<{ requests: number; bytes: number }>
  readonly #parts: ReaderParts<Uint8Array>
  readonly #map: DiskMapReader
  readonly #pageIds: readonly Uint8Array[]

  constructor(
    { size, chunkSize }: PointDisk,
    parts: ReaderParts<Uint8Array>,
    map: DiskMapReader,
    pageIds: readonly Uint8Array[],
  ) {
    this.size = size
    this.chunkSize = chunkSize
    this.fetched = parts.fetched
    this.#parts = parts
    this.#map = map
    this.#pageIds = pageIds
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#refuseOutside(offset, length)
    const parts = this.#parts
    parts.throwIfClosed()
    const result = new Uint8Array(length)
    if (length === 0) return result
    const { first, ids } = await this.#idsOf(offset, length)
    const coming = parts.chunks.fetch(ids)
    parts.readAhead(
      { offset, length, size: this.size },
      async (from, ahead) => (await this.#idsOf(from, ahead)).ids,
    )
    for (const [i, id] of ids.entries()) {
      if (isZero(id)) continue
      const start = (first + i) * this.chunkSize
      const bytes = await parts.placed(start, coming.get(hex(id)) as Promise<Uint8Array>)
      const from = Math.max(offset, start)
      const to = Math.min(offset + length, start + this.chunkSize)
      result.set(bytes.subarray(from - start, to - start), from - offset)
    }
    return result
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    this.#refuseOutside(offset, length)
    const extents: Extent[] = []
    if (length === 0) return extents
    const { first, ids } = await this.#idsOf(offset, length)
    for (const [i, id] of ids.entries()) {
      const start = Math.max(offset, (first + i) * this.chunkSize)
      const end = Math.min(offset + length, (first + i + 1) * this.chunkSize)
      const zero = isZero(id)
      const last = extents.at(-1)
      if (last?.zero === zero) last.length = end - last.offset
      else extents.push({ offset: start, length: end - start, zero })
    }
    return extents
  }

  close(): Promise<void> {
    return this.#parts.close('The disk was closed.')
  }

  /** @throws {RangeError} a mistake of the caller */
  #refuseOutside(offset: number, length: number): void {
    const fits = offset >= 0 && length >= 0 && offset + length <= this.size
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || !fits)
      throw new RangeError(`The disk has ${this.size} bytes; ${offset}+${length} lies outside.`)
  }

  async #idsOf(offset: number, length: number): Promise<{ first: number; ids: Uint8Array[] }> {
    const first = Math.floor(offset / this.chunkSize)
    const end = Math.ceil((offset + length) / this.chunkSize)
    const ids: Uint8Array[] = []
    for (let at = first; at < end; ) {
      const number = Math.floor(at / IDS_PER_PAGE)
      const page = await this.#page(number)
      const pageEnd = Math.min(end, (number + 1) * IDS_PER_PAGE)
      for (; at < pageEnd; at++) ids.push(idAt(page, at - number * IDS_PER_PAGE))
    }
    return { first, ids }
  }

  #page(number: number): Promise<Uint8Array> {
    const id = this.#pageIds[number]
    if (!id || isZero(id)) return Promise.resolve(NO_PAGE)
    const offset = number * IDS_PER_PAGE * this.chunkSize
    return this.#parts.page(number, offset, () => this.#map.page(id))
  }
}

const NO_PAGE = emptyPage()
