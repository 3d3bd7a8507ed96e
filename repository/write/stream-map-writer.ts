import { InvalidWriteError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { hex, view } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import {
  ENTRIES_PER_PAGE,
  STREAM_ENTRY_SIZE,
  streamIdAt,
  writeStreamEntry,
} from '../format/stream-page.ts'
import { encodeStreamRoot, MAX_STREAM_PAGES, type StreamRoot } from '../format/stream-root.ts'
import type { Slice } from './kept-stream.ts'
import { PackSet } from './pack-set.ts'
import type { RecordStore } from './record-store.ts'

/** Pages end where their entries say, so that those behind an insertion stay as they are; docs/repository-format.md, section 7.1. */
const PAGE_MIN = 256 // entries
const ONE_IN = 512 // entries ends a page

/** The map of a stream under construction: chunks in their order. Holds one page, and 36 bytes for each that is done. */
export class StreamMapWriter {
  /** of new chunks, of pages and of the root; not of what was kept */
  readonly packs: PackSet
  readonly #engine: Pick<Engine, 'index' | 'keys'>
  readonly #records: Pick<RecordStore, 'place'>
  readonly #root: StreamRoot = { size: 0, chunks: 0, pages: [] }
  readonly #page = Buffer.alloc(ENTRIES_PER_PAGE * STREAM_ENTRY_SIZE)
  #entries = 0
  /** of the stream, in this page */
  #bytes = 0

  constructor(engine: Pick<Engine, 'index' | 'keys'>, records: Pick<RecordStore, 'place'>) {
    this.#engine = engine
    this.#records = records
    this.packs = new PackSet(engine.index)
  }

  /** A chunk that was given. @param length bytes */
  async add(id: Uint8Array, length: number, pack: string): Promise<void> {
    this.packs.retain(pack)
    if (this.#enter(id, length)) await this.#endPage()
  }

  async addKept({ page, from, to }: Slice): Promise<void> {
    const { starts } = page
    for (let slot = from; slot < to; slot++) {
      const length = (starts[slot + 1] as number) - (starts[slot] as number)
      if (this.#enter(streamIdAt(page, slot), length)) await this.#endPage()
    }
  }

  /** @returns what the commit record says of it; `root`: 64 hex digits */
  async finish(): Promise<{ size: number; chunks: number; root: string }> {
    if (this.#entries > 0) await this.#endPage()
    const { size, chunks } = this.#root
    const root = encodeStreamRoot(this.#root)
    const id = this.#engine.keys.recordId(TYPE.streamRoot, root)
    this.packs.retain(await this.#records.place(id, TYPE.streamRoot, root))
    return { size, chunks, root: hex(id) }
  }

  /** @returns whether the page ends here */
  #enter(id: Uint8Array, length: number): boolean {
    writeStreamEntry(this.#page, this.#entries, id, length)
    this.#entries++
    this.#bytes += length
    if (this.#entries < PAGE_MIN) return false
    return this.#entries === ENTRIES_PER_PAGE || view(id).readUInt16LE(0) % ONE_IN === 0
  }

  async #endPage(): Promise<void> {
    const { pages } = this.#root
    if (pages.length === MAX_STREAM_PAGES)
      throw new InvalidWriteError(`a stream of more than ${this.#root.size} bytes`)
    const page = Buffer.from(this.#page.subarray(0, this.#entries * STREAM_ENTRY_SIZE))
    const id = this.#engine.keys.recordId(TYPE.streamPage, page)
    pages.push({ id, bytes: this.#bytes })
    this.#root.size += this.#bytes
    this.#root.chunks += this.#entries
    this.#entries = 0
    this.#bytes = 0
    this.packs.retain(await this.#records.place(id, TYPE.streamPage, page))
  }
}
