import { DiskNotFoundError, isDamage } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { ZERO_ID } from '../format/kinds.ts'
import { IDS_PER_PAGE, idAt } from '../format/map-page.ts'
import type { PackRef } from '../format/pack-table.ts'
import { syncIndex } from '../index/sync.ts'
import type { Point, PointDisk } from '../point.ts'
import type { DiskExtent } from '../repository.ts'
import { DiskMapReader } from './disk-map.ts'
import { learnPacks } from './learn-packs.ts'
import { readAhead } from './read-ahead.ts'
import type { Decoded, DiskReading, SegmentPlan } from './segment.ts'

interface Options {
  signal?: AbortSignal | undefined
  lent?: boolean | undefined
  /** Chunks for which it says no are neither read nor yielded. */
  within?: ((offset: number, length: number) => boolean) | undefined
}

/** @throws as `Repository.readDisk` */
export const readDisk = async function* (
  engine: Engine,
  point: Point,
  diskId: string,
  options: Options = {},
): AsyncGenerator<DiskExtent> {
  const disk = point.disks.find(({ id }) => id === diskId)
  if (!disk) throw new DiskNotFoundError(point.id, diskId)
  const place = { vmUuid: point.vmUuid, pointId: point.id, diskId }
  try {
    yield* joinZeros(chunksOf(engine, point, disk, options))
  } catch (error) {
    throw isDamage(error) ? error.at(place) : error
  }
}

/** Chunk by chunk, with some segments read ahead. */
const chunksOf = async function* (
  engine: Engine,
  point: Point,
  disk: PointDisk,
  { signal, lent, within }: Options,
): AsyncGenerator<DiskExtent> {
  const suspects = await learnDisk(engine, point, disk)
  const reading: DiskReading = { engine, needer: point.key, packs: disk.packs, suspects, signal }
  const map = new DiskMapReader(engine, point, disk, suspects)
  const plans = only(within, disk, segmentsOf(engine.tuning.segment, map, disk))
  const bytesOf = ({ ids }: SegmentPlan) => ids.length * disk.chunkSize
  for await (const { plan, decoded } of readAhead(reading, plans, { bytesOf, lent }))
    yield* extentsOf(disk, plan, decoded)
}

/** The local table first, then segments, then trailers of what is still unknown. */
export const learnDisk = async (engine: Engine, point: Point, part: Pick<PointDisk, 'packs'>) => {
  const packs = [...part.packs.keys()].map(ulid => point.packs.get(ulid) as PackRef)
  if (packs.some(({ ulid }) => !engine.index.pack(ulid))) await syncIndex(engine)
  return learnPacks(engine, packs)
}

/** @param span bytes of the disk in one plan */
export const segmentsOf = async function* (
  span: number,
  map: DiskMapReader,
  { size, chunkSize }: PointDisk,
): AsyncGenerator<SegmentPlan, undefined> {
  const chunks = Math.ceil(size / chunkSize)
  const perSegment = Math.max(1, Math.floor(span / chunkSize))
  const { pageIds } = await map.root()
  for (const [number, pageId] of pageIds.entries()) {
    const page = await pageAt(map, pageId, number * IDS_PER_PAGE * chunkSize)
    const first = number * IDS_PER_PAGE
    const end = Math.min(first + IDS_PER_PAGE, chunks)
    for (let at = first; at < end; at += perSegment) {
      const length = Math.min(perSegment, end - at)
      yield {
        first: at,
        ids: Array.from({ length }, (_, i) => idAt(page, at - first + i)),
      }
    }
  }
}

/** Leaves out chunks: their ids are taken away, so that nothing is read for them. */
const only = async function* (
  within: Options['within'],
  { size, chunkSize }: PointDisk,
  plans: AsyncGenerator<SegmentPlan, undefined>,
): AsyncGenerator<SegmentPlan, undefined> {
  for await (const plan of plans) {
    if (!within) {
      yield plan
      continue
    }
    const left = new Set<number>()
    const ids = plan.ids.map((id, i) => {
      const offset = (plan.first + i) * chunkSize
      if (within(offset, Math.min(chunkSize, size - offset))) return id
      left.add(i)
      return ZERO_ID
    })
    if (left.size < ids.length) yield { ...plan, ids, left }
  }
}

const pageAt = async (map: DiskMapReader, id: Uint8Array, offset: number): Promise<Uint8Array> => {
  try {
    return await map.page(id)
  } catch (error) {
    throw isDamage(error) ? error.at({ offset }) : error
  }
}

const extentsOf = function* (
  { size, chunkSize }: PointDisk,
  { first, left }: SegmentPlan,
  decoded: Decoded[],
): Generator<DiskExtent> {
  for (const [i, chunk] of decoded.entries()) {
    if (left?.has(i)) continue
    const offset = (first + i) * chunkSize
    const length = Math.min(chunkSize, size - offset)
    if (chunk === 'zero') yield { offset, length, zero: true }
    else if ('damage' in chunk) throw chunk.damage.at({ offset })
    else yield { offset, bytes: chunk.bytes.subarray(0, length) }
  }
}

/** One extent for each stretch of zeros. */
const joinZeros = async function* (extents: AsyncIterable<DiskExtent>): AsyncGenerator<DiskExtent> {
  let zeros: { offset: number; length: number; zero: true } | undefined
  for await (const extent of extents) {
    if (extent.zero) {
      if (zeros && zeros.offset + zeros.length !== extent.offset) {
        yield zeros
        zeros = undefined
      }
      zeros = zeros ? { ...zeros, length: zeros.length + extent.length } : extent
      continue
    }
    if (zeros) yield zeros
    zeros = undefined
    yield extent
  }
  if (zeros) yield zeros
}
