import { setImmediate } from 'node:timers/promises'
import { ChunkMissingError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { fromHex } from '../format/bytes.ts'
import { type StreamPage, streamIdAt } from '../format/stream-page.ts'
import { type SoundPacks, soundPacksOf } from '../lost/sound-packs.ts'
import type { Point, PointStream } from '../point.ts'
import { Recent } from '../read/recent.ts'
import { type PagePlace, pageAt, StreamMapReader, slotAt } from '../read/stream-map.ts'
import { PackSet, sumOf } from './pack-set.ts'

/** Chunks that lie one behind the other in a page, from slot `from` up to before `to`. */
export interface Slice {
  page: StreamPage
  from: number
  to: number
}

/** By numbers of pages and slots; `to` is behind the last slot. */
interface Range {
  first: number
  from: number
  last: number
  to: number
}

/** Callers go through the base in its order, with a look back now and then. */
const PAGES_REMEMBERED = 4

/**
 * The stream of the base that chunks are kept of. Which packs that takes is told at the end: by the base's references without those of the
 * positions that were dropped, so that keeping nearly everything costs nearly nothing. Memory: a byte for each chunk of the base.
 */
export class KeptStream {
  readonly #engine: Engine
  readonly #point: Point
  readonly #stream: PointStream
  readonly #map: StreamMapReader
  readonly #places: readonly PagePlace[]
  /** Where something of the base is damaged: each chunk has to be asked for. */
  readonly #sound: SoundPacks | undefined
  readonly #pages = new Recent<number, StreamPage>(PAGES_REMEMBERED)
  /** by number of the page: one for each slot that was kept */
  readonly #kept = new Map<number, Uint8Array>()
  #count = 0
  /** What was kept once more than the base has it; of a damaged base all. */
  readonly #counted: PackSet

  constructor(
    engine: Engine,
    { point, stream }: { point: Point; stream: PointStream },
    { map, places }: { map: StreamMapReader; places: readonly PagePlace[] },
    sound: SoundPacks | undefined,
  ) {
    this.#engine = engine
    this.#point = point
    this.#stream = stream
    this.#map = map
    this.#places = places
    this.#sound = sound
    this.#counted = new PackSet(engine.index)
  }

  /**
   * @param offset bytes from the start of the base's stream
   * @param length bytes, more than 0
   * @returns the chunks of the range; `undefined` where it is no whole number of them, or one of them is lost
   * @throws damage of a page that no check has told of
   */
  async find(offset: number, length: number): Promise<AsyncGenerator<Slice> | undefined> {
    const end = offset + length
    if (offset < 0 || !(length > 0) || end > this.#stream.size) return undefined
    try {
      const [first, last] = [pageAt(this.#places, offset), pageAt(this.#places, end - 1)]
      const from = slotAt(await this.#page(first), offset - this.#place(first).offset)
      const to = slotAt(await this.#page(last), end - this.#place(last).offset)
      if (from === undefined || to === undefined) return undefined
      const range = { first, from, last, to }
      return !this.#sound || (await this.#isHeld(range)) ? this.#take(range) : undefined
    } catch (error) {
      if (this.#sound && isDamage(error)) return undefined
      throw error
    }
  }

  /** References to packs for all that was kept; once, at the end. */
  async references(): Promise<ReadonlyMap<string, number>> {
    if (this.#count === 0 || this.#sound) return this.#counted.uses
    const { packs, rootHash, chunks } = this.#stream
    const most = 2 * this.#count >= chunks
    const set = new PackSet(this.#engine.index, most ? packs : [])
    if (most) {
      set.release(fromHex(rootHash))
      for (const { id } of this.#places) set.release(id)
    }
    for (const number of this.#places.keys()) {
      const kept = this.#kept.get(number)
      const isEven = most ? kept?.includes(0) === false : kept === undefined
      if (!isEven) await this.#settle(number, kept, { set, most })
    }
    return sumOf(set.uses, this.#counted.uses)
  }

  /** Takes away what was dropped of a page, or counts what was kept of it. */
  async #settle(
    number: number,
    kept: Uint8Array | undefined,
    { set, most }: { set: PackSet; most: boolean },
  ): Promise<void> {
    const page = await this.#page(number).catch(error => {
      // Of a page that cannot be read nothing is taken away: too many packs cost room, no more.
      if (most && isDamage(error)) return undefined
      throw error
    })
    for (let slot = 0; page && slot < page.count; slot++) {
      const id = streamIdAt(page, slot)
      if (most && kept?.[slot] !== 1) set.release(id)
      if (!most && kept?.[slot] === 1) set.retain(this.#holderOf(id))
    }
    await setImmediate() // a thousand questions to the local table
  }

  async *#take({ first, from, last, to }: Range): AsyncGenerator<Slice> {
    for (let number = first; number <= last; number++) {
      const page = await this.#page(number)
      const slice = {
        page,
        from: number === first ? from : 0,
        to: number === last ? to : page.count,
      }
      this.#mark(number, slice)
      yield slice
    }
  }

  #mark(number: number, { page, from, to }: Slice): void {
    const kept = this.#kept.get(number) ?? new Uint8Array(page.count)
    this.#kept.set(number, kept)
    for (let slot = from; slot < to; slot++) {
      if (kept[slot] === 1 || this.#sound)
        this.#counted.retain(this.#holderOf(streamIdAt(page, slot)))
      kept[slot] = 1
    }
    this.#count += to - from
  }

  /** Of a damaged base: whether every chunk of the range is whole in one of its packs. */
  async #isHeld({ first, from, last, to }: Range): Promise<boolean> {
    for (let number = first; number <= last; number++) {
      const page = await this.#page(number)
      const end = number === last ? to : page.count
      for (let slot = number === first ? from : 0; slot < end; slot++)
        if (this.#sound?.holderOf(streamIdAt(page, slot)) === undefined) return false
    }
    return true
  }

  #holderOf(id: Uint8Array): string {
    const { packs } = this.#stream
    const holder = this.#sound
      ? this.#sound.holderOf(id)
      : this.#engine.index.packsOf(id).find(ulid => packs.has(ulid))
    if (holder !== undefined) return holder
    throw new ChunkMissingError(this.#point.key, 'no pack holds some of its chunks')
  }

  #place(number: number): PagePlace {
    return this.#places[number] as PagePlace
  }

  async #page(number: number): Promise<StreamPage> {
    const known = this.#pages.get(number)
    if (known) return known
    const place = this.#place(number)
    const page = await this.#map.page(place).catch(error => {
      const { vmUuid, id: pointId } = this.#point
      const where = { vmUuid, pointId, streamId: this.#stream.id, offset: place.offset }
      throw isDamage(error) ? error.at(where) : error
    })
    this.#pages.set(number, page)
    return page
  }
}

/**
 * @param gone packs of the base's stream that the store does not show
 * @returns `undefined` where the root of the base's map is known to be lost: nothing can be kept
 */
export const beginKept = async (
  engine: Engine,
  base: { point: Point; stream: PointStream },
  gone: ReadonlySet<string>,
): Promise<KeptStream | undefined> => {
  const sound = await soundPacksOf(engine, base.point, base.stream, gone)
  const map = new StreamMapReader(engine, base.point, base.stream, sound?.suspects)
  try {
    return new KeptStream(engine, base, { map, places: await map.pages() }, sound)
  } catch (error) {
    if (!sound || !isDamage(error)) throw error
    return undefined
  }
}
