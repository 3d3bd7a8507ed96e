import { isDamage } from '#core/errors/repository.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../../engine.ts'
import { fromHex, hex, isZero } from '../../format/bytes.ts'
import { IDS_PER_PAGE, idAt } from '../../format/map-page.ts'
import type { PackRef } from '../../format/pack-table.ts'
import { streamIdAt } from '../../format/stream-page.ts'
import type { Trailer } from '../../format/trailer.ts'
import type { Point } from '../../point.ts'
import { DiskMapReader } from '../../read/disk-map.ts'
import { inParallel } from '../../read/in-parallel.ts'
import { learnPacks } from '../../read/learn-packs.ts'
import { StreamMapReader } from '../../read/stream-map.ts'
import { readTrailer } from '../../read/trailer.ts'
import { readNeeders } from '../live.ts'
import { readNeeds } from '../needs.ts'

/** A pack, and what of it the maps of points name. */
export interface MeasuredPack {
  ref: PackRef
  trailer: Trailer
  /** by number of the record: 1 where some map names its id */
  live: Uint8Array
  /** Of all points that need the pack, the intents. Nobody else needed it when we looked. */
  intents: Set<string>
}

/**
 * Reads the maps of every point that needs one of these packs, each page once. Memory: about 200 bytes for each record of the packs, and 100
 * for each page.
 * @returns those whose needs are known to the last: not where an intent names the pack that no point was made with, or a point of
 *   the first versions, which does not name its intent
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`, `CHUNK_MISSING`: as long as a map cannot be read, nobody knows what it needs
 */
export const measureLive = async (
  engine: Engine,
  store: MaintenanceStore,
  packs: Iterable<PackRef>,
): Promise<MeasuredPack[]> => {
  const measured = await readTrailers(engine, packs)
  const records = new Map<string, { pack: MeasuredPack; number: number }[]>()
  for (const pack of measured.values())
    for (const [number, { id }] of pack.trailer.records.entries())
      records.set(hex(id), [...(records.get(hex(id)) ?? []), { pack, number }])
  const mark = (id: Uint8Array) => {
    for (const { pack, number } of records.get(hex(id)) ?? []) pack.live[number] = 1
  }

  const needs = await readNeeds(engine, store)
  const named = new Map<string, Set<string>>()
  const unknown = new Set<string>()
  const seen = new Set<string>()
  await readNeeders(engine, store, async ({ intent, point }, names) => {
    const touched = [...names].flatMap(ulid => needs(ulid, intent)).filter(p => measured.has(p))
    for (const ulid of touched) {
      if (intent === undefined) unknown.add(ulid)
      else if (point) measured.get(ulid)?.intents.add(intent)
      else named.set(ulid, (named.get(ulid) ?? new Set()).add(intent))
    }
    if (point && touched.length > 0) await markPoint(engine, point, { mark, seen, touched })
  })
  return [...measured.values()].filter(({ ref: { ulid }, intents }) => {
    if (unknown.has(ulid) || intents.size === 0) return false
    return [...(named.get(ulid) ?? [])].every(intent => intents.has(intent))
  })
}

const readTrailers = async (engine: Engine, packs: Iterable<PackRef>) => {
  const measured = new Map<string, MeasuredPack>()
  await inParallel(engine.tuning.requests, packs, async pack => {
    try {
      const { trailer, size } = await readTrailer(engine, pack)
      const live = new Uint8Array(trailer.records.length)
      measured.set(pack.ulid, { ref: { ...pack, size }, trailer, live, intents: new Set() })
    } catch (error) {
      // Damaged packs are left as they are: a check tells what is to be done about them.
      if (!isDamage(error)) throw error
    }
  })
  return measured
}

interface Marking {
  mark: (id: Uint8Array) => void
  /** pages that were marked already, in hex */
  seen: Set<string>
  /** packs that are measured and that the point needs */
  touched: readonly string[]
}

const markPoint = async (
  engine: Engine,
  raw: Point,
  { mark, seen, touched }: Marking,
): Promise<void> => {
  const point = engine.moves.resolvePoint(raw)
  const meta = [...point.packs.values()].filter(({ kind }) => kind === 'meta')
  const suspects = await learnPacks(engine, meta)
  for (const id of raw.tableRecords ?? []) mark(fromHex(id))
  for (const stream of point.streams) {
    if (!touched.some(ulid => stream.packs.has(ulid))) continue
    mark(fromHex(stream.rootHash))
    const map = new StreamMapReader(engine, point, stream, suspects)
    for (const place of await map.pages()) {
      if (seen.has(hex(place.id))) continue
      seen.add(hex(place.id))
      mark(place.id)
      const page = await map.page(place)
      for (let slot = 0; slot < page.count; slot++) mark(streamIdAt(page, slot))
    }
  }
  for (const disk of point.disks) {
    if (!touched.some(ulid => disk.packs.has(ulid))) continue
    const reader = new DiskMapReader(engine, point, disk, suspects)
    const { pageIds } = await reader.root()
    mark(fromHex(disk.rootHash))
    for (const pageId of pageIds) {
      const key = hex(pageId)
      if (isZero(pageId) || seen.has(key)) continue
      seen.add(key)
      mark(pageId)
      const page = await reader.page(pageId)
      for (let slot = 0; slot < IDS_PER_PAGE; slot++) {
        const id = idAt(page, slot)
        if (!isZero(id)) mark(id)
      }
    }
  }
}
