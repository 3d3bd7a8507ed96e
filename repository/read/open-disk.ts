import { DiskNotFoundError, isDamage } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { hex, isZero } from '../format/bytes.ts'
import { emptyPage, IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { Point, PointDisk } from '../point.ts'
import type { Extent, OpenDisk, ReaderLimits } from '../repository.ts'
import { ChunkFetcher } from './chunk-fetcher.ts'
import { DiskMapReader } from './disk-map.ts'
import { learnDisk } from './read-disk.ts'
import { Recent } from './recent.ts'
import { Sequences } from './sequences.ts'

const MiB = 1024 * 1024

/** Read together they are the memory of one open disk: about 70 MiB beside the reads at work. */
export const READER_LIMITS: ReaderLimits = {
  // A file system comes back to its tables again and again.
  cache: 64 * MiB,
  pages: 128, // 4 MiB
  readAhead: 4 * MiB,
  sequences: 16,
}

/** @throws as `Repository.openDisk` */
export const openDisk = async (
  engine: Engine,
  point: Point,
  diskId: string,
  limits: Partial<ReaderLimits> = {},
): Promise<OpenDisk> => {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const fetched = { requests: 0, bytes: 0 }
  const counting = { ...engine, store: counted(engine.store, fetched) }
  try {
    const suspects = await learnDisk(counting, point, disk)
    const map = new DiskMapReader(counting, point, disk, suspects)
    const { pageIds } = await map.root()
    const stop = new AbortController()
    const reading = { engine: counting, needer: point.key, packs: disk.packs, suspects }
    const all = { ...READER_LIMITS, ...limits }
    const chunks = new ChunkFetcher({ ...reading, signal: stop.signal }, all.cache)
    return new DiskReader({ point, disk, map, pageIds, chunks, limits: all, fetched, stop })
  } catch (error) {
    throw isDamage(error) ? error.at({ vmUuid: point.vmUuid, pointId: point.id, diskId }) : error
  }
}

export const counted = (
  store: ObjectStore,
  fetched: { requests: number; bytes: number },
): ObjectStore => ({
  address: store.address,
  put: (key, parts) => store.put(key, parts),
  get: async (key, range, memory) => {
    const bytes = await store.get(key, range, memory)
    fetched.requests++
    fetched.bytes += bytes.length
    return bytes
  },
  stat: key => store.stat(key),
  list: (prefix, options) => store.list(prefix, options),
})

interface Parts {
  point: Point
  disk: PointDisk
  map: DiskMapReader
  pageIds: readonly Uint8Array[]
  chunks: ChunkFetcher
  limits: ReaderLimits
  fetched: { requests: number; bytes: number }
  stop: AbortController
}

/** Reads a disk at any place, by its map: only the pages and chunks that are needed. */
class DiskReader implements OpenDisk {
  readonly size: number
  readonly chunkSize: number
  readonly fetched: Readonly<{ requests: number; bytes: number }>
  readonly #parts: Parts
  readonly #pages: Recent<number, Promise<Uint8Array>>
  readonly #sequences: Sequences

  constructor(parts: Parts) {
    const { disk, limits } = parts
    this.size = disk.size
    this.chunkSize = disk.chunkSize
    this.fetched = parts.fetched
    this.#parts = parts
    this.#pages = new Recent(limits.pages)
    this.#sequences = new Sequences(limits)
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#refuseOutside(offset, length)
    const { chunks, stop } = this.#parts
    stop.signal.throwIfAborted()
    const result = new Uint8Array(length)
    if (length === 0) return result
    const { first, ids } = await this.#idsOf(offset, length)
    const coming = chunks.fetch(ids)
    this.#readAhead(offset, length)
    for (const [i, id] of ids.entries()) {
      if (isZero(id)) continue
      const start = (first + i) * this.chunkSize
      const bytes = await this.#placed(start, coming.get(hex(id)) as Promise<Uint8Array>)
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

  async close(): Promise<void> {
    const { stop, chunks } = this.#parts
    stop.abort(new Error('The disk was closed.'))
    await chunks.idle()
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
    const { pageIds, map } = this.#parts
    const id = pageIds[number]
    if (!id || isZero(id)) return Promise.resolve(NO_PAGE)
    const known = this.#pages.get(number)
    if (known) return known
    const page = this.#placed(number * IDS_PER_PAGE * this.chunkSize, map.page(id))
    page.catch(() => this.#pages.delete(number))
    this.#pages.set(number, page)
    return page
  }

  #readAhead(offset: number, length: number): void {
    const end = offset + length
    const ahead = Math.min(this.#sequences.ahead(offset, length), this.size - end)
    if (ahead === 0) return
    // Whoever comes for these bytes hears of what went wrong.
    this.#idsOf(end, ahead).then(
      ({ ids }) => this.#parts.chunks.fetch(ids),
      () => undefined,
    )
  }

  async #placed<T>(offset: number, work: Promise<T>): Promise<T> {
    const { point, disk } = this.#parts
    try {
      return await work
    } catch (error) {
      if (!isDamage(error)) throw error
      throw error.at({ vmUuid: point.vmUuid, pointId: point.id, diskId: disk.id, offset })
    }
  }
}

const NO_PAGE = emptyPage()
