import { type DamageError, isDamage } from '#core/errors/repository.ts'
import { type ByteRange, READ_SLACK } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { hex, isZero } from '../format/bytes.ts'
import { packName } from '../format/names.ts'
import type { Location } from '../index/table.ts'
import { type Loan, slotSize } from '../write/buffer-pool.ts'
import { followMove } from './follow-move.ts'
import { inParallel } from './in-parallel.ts'
import { openPackRecord, openPackRecordInto } from './open-record.ts'
import { type PlannedGet, planGets } from './plan.ts'
import { missing, readLocation } from './record-reader.ts'
import { asPackDamage } from './trailer.ts'

/** With the segments that are read at the same time, as many as a fast store needs; each takes memory. */
const GETS_PER_SEGMENT = 2

/** A run of chunks that is planned and read at once. */
export interface SegmentPlan {
  /** number of the first chunk in the disk */
  first: number
  /** 32 bytes each */
  ids: Uint8Array[]
  /** positions in `ids` that nobody asked for */
  left?: ReadonlySet<number>
}

/** What a segment's chunk turned out to be. */
export type Decoded = { bytes: Uint8Array } | { damage: DamageError } | 'zero'

/** What the readers of one disk share. */
export interface DiskReading {
  engine: Engine
  /** name of the commit record */
  needer: string
  /** packs that the disk needs: preferred where a chunk is in several */
  packs: ReadonlyMap<string, unknown>
  suspects: ReadonlyMap<string, DamageError>
  signal?: AbortSignal | undefined
}

/**
 * Reads the chunks of a segment: by pack, ranges joined, repeated chunks once.
 * @param loan as of `readPlanned`
 * @returns one entry per id, in order. Damage is an entry, so that what comes before it in the disk can still be given out
 */
export const readSegment = async (
  reading: DiskReading,
  { ids }: Pick<SegmentPlan, 'ids'>,
  loan?: Loan,
): Promise<Decoded[]> => {
  const { engine, signal } = reading
  const { gets, missing } = planChunks(reading, ids)
  const results = new Map<string, Decoded>(missing)
  await inParallel(GETS_PER_SEGMENT, gets, async get => {
    signal?.throwIfAborted()
    const keep = async (id: Uint8Array, decoded: Exclude<Decoded, 'zero'>) => {
      results.set(hex(id), decoded)
    }
    await readPlanned(engine, get, keep, loan)
  })
  return ids.map(id => (isZero(id) ? 'zero' : (results.get(hex(id)) as Decoded)))
}

/** @returns GETs for all chunks but zeros, each chunk once; and those that no pack holds, by id in hex */
export const planChunks = (
  reading: DiskReading,
  ids: Iterable<Uint8Array>,
): { gets: PlannedGet[]; missing: Map<string, { damage: DamageError }> } => {
  const { engine, needer, suspects } = reading
  const locations = new Map<string, Location>()
  const unheld = new Map<string, { damage: DamageError }>()
  for (const id of ids) {
    const key = hex(id)
    if (isZero(id) || locations.has(key) || unheld.has(key)) continue
    const location = preferred(reading, engine.index.locate(id))
    if (location) locations.set(key, location)
    else unheld.set(key, { damage: missing(id, needer, suspects.values()) })
  }
  return { gets: planGets(locations.values(), engine.tuning), missing: unheld }
}

const preferred = ({ packs }: DiskReading, locations: Location[]): Location | undefined =>
  locations.find(({ pack }) => packs.has(pack.ulid)) ?? locations[0]

/**
 * @param take gets every chunk, in any order, several at once
 * @param loan lends memory for chunks; without it each has memory of its own
 */
export const readPlanned = async (
  engine: Engine,
  { pack, offset, length, wanted }: PlannedGet,
  take: (id: Uint8Array, decoded: Exclude<Decoded, 'zero'>) => Promise<void>,
  loan?: Loan,
): Promise<void> => {
  const { buffers } = engine
  const key = packName(pack.kind, pack.ulid)
  const memory = buffers.take(slotSize(length + READ_SLACK))
  try {
    const range = await rangeOf(engine, key, { offset, length }, memory)
    const opened = async (location: Location) => {
      const { entry, session } = location
      try {
        if ('damage' in range) throw range.damage
        const record = { key, entry, session, bytes: range.bytes.subarray(entry.offset - offset) }
        const bytes = loan
          ? await openPackRecordInto(engine, record, loan.take(entry.plaintextLength))
          : await openPackRecord(engine, record)
        return { bytes }
      } catch (error) {
        if (!isDamage(error)) throw error
        return elsewhere(engine, location, error)
      }
    }
    await inParallel(wanted.length, wanted, async location => {
      await take(location.entry.id, await opened(location))
    })
  } finally {
    buffers.give(memory)
  }
}

/** @returns the bytes, or why the pack does not have them */
const rangeOf = async (
  { store }: Engine,
  key: string,
  range: ByteRange,
  memory: Uint8Array,
): Promise<{ bytes: Uint8Array } | { damage: DamageError }> => {
  try {
    return { bytes: await store.get(key, range, memory) }
  } catch (error) {
    const damage = asPackDamage(key, error)
    if (!isDamage(damage)) throw damage
    return { damage }
  }
}

/** The same chunk from another pack, where there is one. */
const elsewhere = async (
  engine: Engine,
  failed: Location,
  damage: DamageError,
): Promise<Exclude<Decoded, 'zero'>> => {
  await followMove(engine, failed.pack)
  for (const location of engine.index.locate(failed.entry.id)) {
    if (location.pack.ulid === failed.pack.ulid) continue
    try {
      return { bytes: await readLocation(engine, location) }
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  return { damage }
}
