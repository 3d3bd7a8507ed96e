import { isDamage } from '#core/errors/repository.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { decodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import { PREFIX, parseSegmentName, segmentName } from '../format/names.ts'
import { decodeTrailer } from '../format/trailer.ts'

/**
 * Brings the local table up to date with the segments in the store. Newest first, because a newer segment may replace older
 * ones. A damaged one is passed over: segments only save GETs, trailers are the truth.
 */
export const syncIndex = async ({ store, keys, index }: Engine): Promise<void> => {
  const fresh: string[] = []
  for await (const { key } of store.list(PREFIX.index)) {
    const ulid = parseSegmentName(key)
    if (ulid && !index.hasSegment(ulid)) fresh.push(ulid)
  }
  const replaced = new Set<string>()
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
        index.addSegment(old)
      }
      index.addSegment(ulid)
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
}
