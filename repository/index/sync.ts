import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { decodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseSegmentName, segmentName } from '../format/names.ts'
import { decodeTrailer } from '../format/trailer.ts'

/** Whoever reads while segments are compacted finds some gone, and their contents in one that is not in the listing. */
const ROUNDS = 3

/**
 * Brings the local table up to date with the segments in the store. Newest first, because a newer segment may replace older
 * ones. A damaged one is passed over: segments only save GETs, trailers are the truth.
 */
export const syncIndex = async (engine: Engine): Promise<void> => {
  for (let round = 0; round < ROUNDS; round++) if (await syncOnce(engine)) return
}

/** @returns whether every segment was there that was listed */
const syncOnce = async ({ store, keys, index }: Engine): Promise<boolean> => {
  const listed = new Set<string>()
  for await (const { key } of store.list(PREFIX.index)) {
    const ulid = parseSegmentName(key)
    if (ulid) listed.add(ulid)
  }
  index.keepSegments(listed)
  const fresh = [...listed].filter(ulid => !index.hasSegment(ulid))
  const replaced = new Set<string>()
  let complete = true
  for (const ulid of fresh.reverse()) {
    if (replaced.has(ulid)) continue
    const key = segmentName(ulid)
    try {
      const object = await store.get(key)
      const segment = await openObject(keys, { key, type: TYPE.segment }, object, decodeSegment)
      for (const { ulid, size, trailer } of segment.packs)
        index.addPack({ ulid, size, trailer: decodeTrailer(trailer) })
      for (const old of segment.replaces) {
        replaced.add(old)
        if (listed.has(old)) index.addSegment(old)
      }
      index.addSegment(ulid)
    } catch (error) {
      if (error instanceof ObjectNotFoundError) complete = false
      else if (!isDamage(error)) throw error
    }
  }
  return complete
}
