import { isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { PREFIX, packName, parsePackName, parseSegmentName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { inParallel } from '../read/in-parallel.ts'
import { readTrailer } from '../read/trailer.ts'
import { writeSegment } from '../write/commit.ts'
import { syncIndex } from './sync.ts'

/** @returns all packs in the store, from the listing */
export const listPacks = async function* ({
  store,
}: Pick<Engine, 'store'>): AsyncIterable<PackRef> {
  for (const prefix of [PREFIX.data, PREFIX.meta])
    for await (const { key, size } of store.list(prefix)) {
      const name = parsePackName(key)
      if (name) yield { ...name, size }
    }
}

/** Trailers of a segment, about: a segment is read whole into memory. */
export const SEGMENT_LIMIT = 16 * 1024 * 1024 // bytes

/**
 * Reads every trailer, fills the local table anew and writes segments that replace all that are there.
 * @returns names of the packs whose trailer cannot be read in `damaged`
 */
export const rebuildIndex = async (
  engine: Engine,
): Promise<{ packs: number; records: number; damaged: string[] }> => {
  const { index, store, tuning } = engine
  const old: string[] = []
  for await (const { key } of store.list(PREFIX.index)) {
    const ulid = parseSegmentName(key)
    if (ulid) old.push(ulid)
  }
  const packs = await Array.fromAsync(listPacks(engine))
  index.clear()
  const damaged: string[] = []
  let batch: { ulid: string; size: number; trailerPlaintext: Uint8Array }[] = []
  let batchSize = 0
  const flush = async (replaces: string[]) => {
    const full = batch
    batch = []
    batchSize = 0
    await writeSegment(engine, full, replaces)
  }
  await inParallel(tuning.requests, packs, async pack => {
    try {
      const { trailer, plaintext, size } = await readTrailer(engine, pack)
      index.addPack({ ulid: pack.ulid, size, trailer })
      batch.push({ ulid: pack.ulid, size, trailerPlaintext: plaintext })
      batchSize += plaintext.length
      if (batchSize > SEGMENT_LIMIT) await flush([])
    } catch (error) {
      if (!isDamage(error)) throw error
      damaged.push(packName(pack.kind, pack.ulid))
    }
  })
  // Only the last one replaces: until it is there, the old ones still count. With a damaged trailer they go on counting, since
  // they may be all that tells where the records of that pack are.
  const replaces = damaged.length === 0 ? old : []
  if (packs.length > 0) await flush(replaces)
  for (const ulid of replaces) index.addSegment(ulid)
  const { records } = index.counts()
  await syncIndex(engine)
  return { packs: packs.length - damaged.length, records, damaged: damaged.sort() }
}
