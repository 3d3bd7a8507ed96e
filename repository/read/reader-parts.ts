import { isDamage } from '#core/errors/repository.ts'
import type { ObjectStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import type { Point, PointDisk } from '../point.ts'
import type { ReaderLimits } from '../repository.ts'
import { ChunkFetcher } from './chunk-fetcher.ts'
import { learnDisk } from './read-disk.ts'
import { Recent } from './recent.ts'
import { Sequences } from './sequences.ts'

const MiB = 1024 * 1024

/** Read together they are the memory of one open disk or stream: about 70 MiB beside the reads at work. */
const READER_LIMITS: ReaderLimits = {
  // A file system comes back to its tables again and again.
  cache: 64 * MiB,
  pages: 128, // 4 MiB
  readAhead: 4 * MiB,
  sequences: 16,
}

/** Which disk or stream of a point. */
type Part = { diskId: string } | { streamId: string }

/** What is read at any place: pages of its map and chunks, both remembered, some of them read ahead. */
export class ReaderParts<Page> {
  readonly fetched: Readonly<{ requests: number; bytes: number }>
  readonly chunks: ChunkFetcher
  readonly #where: { vmUuid: string; pointId: string } & Part
  readonly #stop: AbortController
  readonly #pages: Recent<number, Promise<Page>>
  readonly #sequences: Sequences

  constructor(
    where: { vmUuid: string; pointId: string } & Part,
    {
      reading,
      limits,
      fetched,
    }: {
      reading: ConstructorParameters<typeof ChunkFetcher>[0]
      limits: ReaderLimits
      fetched: { requests: number; bytes: number }
    },
  ) {
    this.#where = where
    this.fetched = fetched
    this.#stop = new AbortController()
    this.chunks = new ChunkFetcher({ ...reading, signal: this.#stop.signal }, limits.cache)
    this.#pages = new Recent(limits.pages)
    this.#sequences = new Sequences(limits)
  }

  throwIfClosed(): void {
    this.#stop.signal.throwIfAborted()
  }

  /** @param why a sentence, for reads that are at work */
  async close(why: string): Promise<void> {
    this.#stop.abort(new Error(why))
    await this.chunks.idle()
  }

  /** @param offset where the page's part begins, for whoever hears of damage */
  page(number: number, offset: number, read: () => Promise<Page>): Promise<Page> {
    const known = this.#pages.get(number)
    if (known) return known
    const page = this.placed(offset, read())
    page.catch(() => this.#pages.delete(number))
    this.#pages.set(number, page)
    return page
  }

  /** Fetches what will be asked for next, where reads follow each other. @param idsOf chunks of a stretch */
  readAhead(
    { offset, length, size }: { offset: number; length: number; size: number },
    idsOf: (offset: number, length: number) => Promise<Uint8Array[]>,
  ): void {
    const end = offset + length
    const ahead = Math.min(this.#sequences.ahead(offset, length), size - end)
    if (ahead === 0) return
    // Whoever comes for these bytes hears of what went wrong.
    idsOf(end, ahead).then(
      ids => this.chunks.fetch(ids),
      () => undefined,
    )
  }

  /** @throws what `work` throws; of damage, which place it strikes */
  async placed<T>(offset: number, work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw isDamage(error) ? error.at({ ...this.#where, offset }) : error
    }
  }
}

/**
 * @param open reads the map, with an engine whose requests are counted
 * @throws what `open` throws; of damage, which disk or stream it strikes
 */
export const openParts = async <Page, Opened>(
  engine: Engine,
  { point, part, place }: { point: Point; part: Pick<PointDisk, 'packs'>; place: Part },
  limits: Partial<ReaderLimits>,
  open: (opening: {
    engine: Engine
    suspects: Awaited<ReturnType<typeof learnDisk>>
    parts: ReaderParts<Page>
  }) => Promise<Opened>,
): Promise<Opened> => {
  const fetched = { requests: 0, bytes: 0 }
  const counting = { ...engine, store: counted(engine.store, fetched) }
  const where = { vmUuid: point.vmUuid, pointId: point.id, ...place }
  try {
    const suspects = await learnDisk(counting, point, part)
    const reading = { engine: counting, needer: point.key, packs: part.packs, suspects }
    const all = { ...READER_LIMITS, ...limits }
    const parts = new ReaderParts<Page>(where, { reading, limits: all, fetched })
    return await open({ engine: counting, suspects, parts })
  } catch (error) {
    throw isDamage(error) ? error.at(where) : error
  }
}

const counted = (
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
