import { isDamage } from '#core/errors/repository.ts'
import { ObjectNotFoundError } from '#core/errors/store.ts'
import { openObject } from '../crypto/sealed-object.ts'
import type { Engine } from '../engine.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { decodeSegment } from '../format/index-segment.ts'
import { TYPE } from '../format/kinds.ts'
import {
  PREFIX,
  parsePackName,
  parsePointName,
  parseSegmentName,
  segmentName,
} from '../format/names.ts'
import { EPOCH_END, epochOfSealed } from '../format/sealed-object.ts'
import { decodeTrailer, type Trailer } from '../format/trailer.ts'
import { inParallel } from '../read/in-parallel.ts'

/** What is sealed with the keys of one epoch. */
export interface EpochData {
  epoch: number
  /** packs with at least one record of this epoch */
  packs: number
  /** bytes stored */
  bytes: number
  /** commit records */
  points: number
}

export interface DataByEpoch {
  /** ascending by epoch */
  epochs: EpochData[]
  /** Packs that no index segment describes: left by a job that was cut short, or the index is incomplete. */
  unknown: { packs: number; bytes: number }
}

/**
 * Counts what is stored by key epoch: from the listing, the index segments (each read once, none kept), and the first bytes of each
 * commit record.
 */
export const dataByEpoch = async (engine: Engine): Promise<DataByEpoch> => {
  const { store } = engine
  const epochs = new Map<number, EpochData>()
  const of = (epoch: number): EpochData => {
    const known = epochs.get(epoch) ?? { epoch, packs: 0, bytes: 0, points: 0 }
    epochs.set(epoch, known)
    return known
  }
  const sizes = new Map<string, number>()
  for (const prefix of [PREFIX.data, PREFIX.meta])
    for await (const { key, size } of store.list(prefix)) {
      const pack = parsePackName(key)
      if (pack) sizes.set(pack.ulid, size)
    }
  for await (const { ulid, trailer } of indexedPacks(engine)) {
    const size = sizes.get(ulid)
    if (size === undefined) continue // removed, or described before
    sizes.delete(ulid)
    for (const [epoch, bytes] of bytesByEpoch(trailer, size)) {
      const data = of(epoch)
      data.packs++
      data.bytes += bytes
    }
  }
  await inParallel(engine.tuning.requests, await pointKeys(engine), async key => {
    const head = await store.get(key, { offset: 0, length: EPOCH_END }).catch(unlessGone)
    const epoch = head && epochOfSealed(head)
    if (epoch !== undefined) of(epoch).points++
  })
  const unknown = { packs: sizes.size, bytes: sizes.values().reduce((sum, size) => sum + size, 0) }
  return { epochs: [...epochs.values()].sort((a, b) => a.epoch - b.epoch), unknown }
}

/** What the collector or somebody else has removed since the listing. */
const unlessGone = (error: unknown): undefined => {
  if (!(error instanceof ObjectNotFoundError)) throw error
}

/** A pack that took over records of others has sessions of several epochs. */
const bytesByEpoch = ({ sessions, records }: Trailer, size: number): Map<number, number> => {
  const [own, ...others] = new Set(sessions.map(({ epoch }) => epoch))
  if (own !== undefined && others.length === 0) return new Map([[own, size]])
  const bytes = new Map<number, number>()
  for (const { session, ciphertextLength } of records) {
    const epoch = sessions[session]?.epoch
    if (epoch !== undefined) bytes.set(epoch, (bytes.get(epoch) ?? 0) + ciphertextLength)
  }
  return bytes
}

/** As `syncIndex` reads them: newest first, what is replaced or damaged is passed over. */
async function* indexedPacks({ store, keys }: Engine) {
  const ulids: string[] = []
  for await (const { key } of store.list(PREFIX.index)) {
    const ulid = parseSegmentName(key)
    if (ulid) ulids.push(ulid)
  }
  const replaced = new Set<string>()
  for (const ulid of ulids.reverse()) {
    if (replaced.has(ulid)) continue
    const key = segmentName(ulid)
    try {
      const object = await store.get(key)
      const segment = await openObject(keys, { key, type: TYPE.segment }, object, decodeSegment)
      for (const pack of segment.packs)
        yield { ulid: pack.ulid, trailer: decodeTrailer(pack.trailer) }
      for (const old of segment.replaces) replaced.add(old)
    } catch (error) {
      if (!isDamage(error)) unlessGone(error)
    }
  }
}

const pointKeys = async ({ store }: Engine): Promise<string[]> => {
  const keys: string[] = []
  for await (const { key, size } of store.list(PREFIX.points))
    if (parsePointName(key) && !isClosedSize(size)) keys.push(key)
  return keys
}
