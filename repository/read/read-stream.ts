import { isDamage, ObjectDamagedError, StreamNotFoundError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { streamIdAt } from '../format/stream-page.ts'
import type { Point, PointStream } from '../point.ts'
import type { ReadStreamOptions } from '../repository.ts'
import { readAhead } from './read-ahead.ts'
import { learnDisk } from './read-disk.ts'
import type { Decoded, DiskReading } from './segment.ts'
import { pageAt, StreamMapReader, slotOf } from './stream-map.ts'

/** What is read: bytes from the start of the stream. */
interface Range {
  offset: number
  end: number
}

/** A run of chunks that is planned and read at once. */
interface StreamPlan {
  /** bytes from the start of the stream */
  offset: number
  ids: Uint8Array[]
  /** bytes of each chunk */
  lengths: number[]
  bytes: number
}

/** @throws `STREAM_NOT_FOUND` */
export const streamOf = (point: Point, streamId: string): PointStream => {
  const stream = point.streams.find(({ id }) => id === streamId)
  if (!stream) throw new StreamNotFoundError(point.id, streamId)
  return stream
}

/** @throws {RangeError} a mistake of the caller */
export const refuseOutside = (size: number, offset: number, length: number): void => {
  const fits = offset >= 0 && length >= 0 && offset + length <= size
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || !fits)
    throw new RangeError(`The stream has ${size} bytes; ${offset}+${length} lies outside.`)
}

/** @throws as `Repository.readStream` */
export const readStream = async function* (
  engine: Engine,
  point: Point,
  streamId: string,
  { offset = 0, length, signal, lent }: ReadStreamOptions = {},
): AsyncGenerator<Uint8Array> {
  const stream = streamOf(point, streamId)
  const range = { offset, end: length === undefined ? stream.size : offset + length }
  refuseOutside(stream.size, offset, range.end - offset)
  const place = { vmUuid: point.vmUuid, pointId: point.id, streamId }
  try {
    const suspects = await learnDisk(engine, point, stream)
    const reading: DiskReading = {
      engine,
      needer: point.key,
      packs: stream.packs,
      suspects,
      signal,
    }
    const map = new StreamMapReader(engine, point, stream, suspects)
    const plans = plansOf(map, range, engine.tuning.segment)
    const bytesOf = ({ bytes }: StreamPlan) => bytes
    for await (const { plan, decoded } of readAhead(reading, plans, { bytesOf, lent }))
      yield* piecesOf(point.key, plan, decoded, range)
  } catch (error) {
    throw isDamage(error) ? error.at(place) : error
  }
}

/** @param span bytes of the stream in one plan, about */
const plansOf = async function* (
  map: StreamMapReader,
  { offset, end }: Range,
  span: number,
): AsyncGenerator<StreamPlan, undefined> {
  const places = await map.pages()
  for (let number = pageAt(places, offset); offset < end; number++) {
    const place = places[number]
    if (!place || place.offset >= end) return
    const page = await map.page(place).catch(error => {
      throw isDamage(error) ? error.at({ offset: place.offset }) : error
    })
    let plan: StreamPlan | undefined
    const first = place.offset > offset ? 0 : slotOf(page, offset - place.offset)
    for (let slot = first; slot < page.count; slot++) {
      const start = place.offset + (page.starts[slot] as number)
      if (start >= end) break
      const length = (page.starts[slot + 1] as number) - (page.starts[slot] as number)
      plan ??= { offset: start, ids: [], lengths: [], bytes: 0 }
      plan.ids.push(streamIdAt(page, slot))
      plan.lengths.push(length)
      plan.bytes += length
      if (plan.bytes < span) continue
      yield plan
      plan = undefined
    }
    if (plan) yield plan
  }
}

/** @param key of the commit record, for messages */
const piecesOf = function* (
  key: string,
  { offset, lengths }: StreamPlan,
  decoded: readonly Decoded[],
  range: Range,
): Generator<Uint8Array> {
  let start = offset
  for (const [i, chunk] of decoded.entries()) {
    const end = start + (lengths[i] as number)
    const bytes = bytesOfChunk(key, chunk, { offset: start, length: end - start })
    const [from, to] = [Math.max(range.offset, start), Math.min(range.end, end)]
    if (to > from) yield bytes.subarray(from - start, to - start)
    start = end
  }
}

/** @throws damage, with its place in the stream */
const bytesOfChunk = (
  key: string,
  chunk: Decoded,
  { offset, length }: { offset: number; length: number },
): Uint8Array => {
  if (chunk !== 'zero' && 'damage' in chunk) throw chunk.damage.at({ offset })
  if (chunk === 'zero' || chunk.bytes.length !== length)
    throw new ObjectDamagedError(key, 'a chunk is not as long as the map of its stream says', {
      offset,
    })
  return chunk.bytes
}
