import { type DamageError, ObjectDamagedError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { FormatError, fromHex, isZero } from '../format/bytes.ts'
import { decodePage, emptyPage } from '../format/map-page.ts'
import { decodeRoot, type MapRoot } from '../format/map-root.ts'
import type { Point, PointDisk } from '../point.ts'
import { readRecord } from './record-reader.ts'

/** Reads the two levels of a disk's map. */
export class DiskMapReader {
  readonly #engine: Engine
  readonly #point: Point
  readonly #disk: PointDisk
  readonly #suspects: ReadonlyMap<string, DamageError>

  /** @param suspects packs of the point that the local table could not learn */
  constructor(
    engine: Engine,
    point: Point,
    disk: PointDisk,
    suspects: ReadonlyMap<string, DamageError> = new Map(),
  ) {
    this.#engine = engine
    this.#point = point
    this.#disk = disk
    this.#suspects = suspects
  }

  /** @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING` */
  async root(): Promise<MapRoot> {
    const id = fromHex(this.#disk.rootHash)
    const root = await this.#read(id, decodeRoot)
    if (root.size !== this.#disk.size || root.chunkSize !== this.#disk.chunkSize)
      throw new ObjectDamagedError(
        this.#point.key,
        `the map of disk ${this.#disk.id} has another size than its commit record says`,
      )
    return root
  }

  /** @returns 32,768 bytes that the caller may change */
  async page(id: Uint8Array): Promise<Uint8Array> {
    if (isZero(id)) return emptyPage()
    return Uint8Array.from(await this.#read(id, decodePage))
  }

  async #read<T>(id: Uint8Array, decode: (bytes: Uint8Array) => T): Promise<T> {
    const bytes = await readRecord(this.#engine, id, this.#point.key, this.#suspects.values())
    try {
      return decode(bytes)
    } catch (error) {
      throw error instanceof FormatError
        ? new ObjectDamagedError(this.#point.key, error.message)
        : error
    }
  }
}
