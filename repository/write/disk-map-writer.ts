import type { Engine } from '../engine.ts'
import { fromHex, hex, isZero } from '../format/bytes.ts'
import { TYPE, ZERO_ID } from '../format/kinds.ts'
import { emptyPage, IDS_PER_PAGE, idAt, pageCount, setId } from '../format/map-page.ts'
import { encodeRoot } from '../format/map-root.ts'
import type { Lost } from '../lost/rereads.ts'
import type { DiskMapReader } from '../read/disk-map.ts'
import type { DiskLayout } from './disk-layout.ts'
import { PackSet } from './pack-set.ts'
import type { RecordStore } from './record-store.ts'

/** The map of a disk under construction: the base's, with what was touched since. A touched page takes 32 KiB (1 GiB of disk). */
export class DiskMapWriter {
  readonly packs: PackSet
  readonly #engine: Engine
  #layout: DiskLayout
  readonly #records: RecordStore
  readonly #base: DiskMapReader | undefined
  readonly #pageIds: Uint8Array[]
  readonly #touched = new Map<number, Promise<Uint8Array>>()
  /** chunks that the base has lost and nobody has given again yet */
  readonly #owed: Set<number>

  /**
   * @param basePageIds what `base` has for pages; see `beginDiskMap`
   * @param lost what the base cannot give any more
   */
  constructor(
    engine: Engine,
    layout: DiskLayout,
    records: RecordStore,
    base: DiskMapReader | undefined,
    basePageIds: Uint8Array[],
    lost: Lost,
  ) {
    this.#engine = engine
    this.#layout = layout
    this.#records = records
    this.#base = base
    this.#pageIds = Array.from(
      { length: pageCount(layout.size, layout.chunkSize) },
      (_, i) => basePageIds[i] ?? ZERO_ID,
    )
    this.packs = new PackSet(engine.index, layout.base?.packs, lost.unknown)
    this.#owed = new Set(lost.chunks)
    // Their records are placed anew at the end.
    for (const page of lost.pages) this.#page(page).catch(() => undefined)
  }

  /**
   * @param chunk number of the chunk in the disk
   * @param pack where the chunk is; `undefined` for zeros
   */
  async set(chunk: number, id: Uint8Array, pack?: string): Promise<void> {
    this.#owed.delete(chunk)
    const page = Math.floor(chunk / IDS_PER_PAGE)
    // An untouched page of zeros stays one: whole stretches of holes cost nothing.
    if (!pack && !this.#touched.has(page) && isZero(this.#pageIds[page] as Uint8Array)) return
    const ids = await this.#page(page)
    const old = idAt(ids, chunk % IDS_PER_PAGE)
    if (!isZero(old)) this.packs.release(old)
    if (pack) this.packs.retain(pack)
    setId(ids, chunk % IDS_PER_PAGE, id)
  }

  /** number of a chunk that the base has lost and that was not given again */
  get owed(): number | undefined {
    return this.#owed.values().next().value
  }

  /** @param layout of the same disk, shorter; nothing was set beyond its end */
  shorten(layout: DiskLayout): void {
    this.#layout = layout
    this.#pageIds.length = pageCount(layout.size, layout.chunkSize)
  }

  /** @returns id of the root, 64 hex digits */
  async finish(): Promise<string> {
    for (const [number, page] of [...this.#touched].sort(([a], [b]) => a - b)) {
      const ids = await page
      const old = this.#pageIds[number] as Uint8Array
      const id = isZero(ids) ? ZERO_ID : this.#engine.keys.recordId(TYPE.page, ids)
      if (!isZero(old)) this.packs.release(old)
      if (!isZero(id)) this.packs.retain(await this.#records.place(id, TYPE.page, ids))
      this.#pageIds[number] = id
    }
    const { size, chunkSize, base } = this.#layout
    const root = encodeRoot({ size, chunkSize, pageIds: this.#pageIds })
    const id = this.#engine.keys.recordId(TYPE.root, root)
    if (base) this.packs.release(fromHex(base.rootHash))
    this.packs.retain(await this.#records.place(id, TYPE.root, root))
    return hex(id)
  }

  #page(number: number): Promise<Uint8Array> {
    let page = this.#touched.get(number)
    if (!page) {
      page = this.#base?.page(this.#pageIds[number] as Uint8Array) ?? Promise.resolve(emptyPage())
      this.#touched.set(number, page)
    }
    return page
  }
}

export const beginDiskMap = async (
  engine: Engine,
  layout: DiskLayout,
  records: RecordStore,
  base: DiskMapReader | undefined,
  lost: Lost,
): Promise<DiskMapWriter> => {
  const root = await base?.root()
  return new DiskMapWriter(engine, layout, records, base, root?.pageIds ?? [], lost)
}
