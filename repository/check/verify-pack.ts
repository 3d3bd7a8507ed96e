import { type DamageError, isDamage, ObjectDamagedError } from '#core/errors/repository.ts'
import { type ObjectStore, READ_SLACK } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { equal, FormatError } from '../format/bytes.ts'
import { packName } from '../format/names.ts'
import type { PackRef } from '../format/pack-table.ts'
import { recordSize } from '../format/record.ts'
import { decodeSession, encodeSession, SESSION_ENTRY_SIZE } from '../format/session-entry.ts'
import type { RecordEntry, Trailer } from '../format/trailer.ts'
import { verifyPackRecord } from '../read/open-record.ts'
import { asPackDamage, readTrailer } from '../read/trailer.ts'
import { slotSize } from '../write/buffer-pool.ts'

export interface VerifiedPack {
  /** bytes read */
  bytes: number
  /** records found whole */
  whole: number
  trailer?: Trailer
  /** of the pack as a whole */
  damage?: DamageError
  /** of single records */
  records: { entry: RecordEntry; damage: DamageError }[]
}

/** Reads a pack once, as a whole, and checks every byte of it. */
export const verifyPack = async (engine: Engine, ref: PackRef): Promise<VerifiedPack> => {
  const key = packName(ref.kind, ref.ulid)
  const permit = await engine.budget.take(ref.size, 'read')
  const memory = engine.buffers.take(slotSize(ref.size + READ_SLACK))
  try {
    const bytes = await engine.store.get(key, undefined, memory)
    return await verifyPackBytes(engine, ref, bytes)
  } catch (error) {
    const damage = asPackDamage(key, error)
    if (!isDamage(damage)) throw error
    return { bytes: 0, whole: 0, damage, records: [] }
  } finally {
    engine.buffers.give(memory)
    permit.release()
  }
}

/**
 * As `verifyPack`, of a pack in memory.
 * @throws damage of the pack as a whole
 */
export const verifyPackBytes = async (
  engine: Engine,
  ref: Pick<PackRef, 'ulid' | 'kind'>,
  bytes: Uint8Array,
): Promise<VerifiedPack> => {
  const key = packName(ref.kind, ref.ulid)
  const { trailer, size } = await readTrailerOf(engine, ref, bytes)
  if (size !== bytes.length)
    throw new ObjectDamagedError(key, `it has ${bytes.length} bytes instead of ${size}`)
  try {
    checkTiling(bytes, trailer)
  } catch (error) {
    throw asPackDamage(key, error)
  }
  const records: VerifiedPack['records'] = []
  const damages = await Promise.all(
    trailer.records.map(entry => damageOf(engine, key, trailer, entry, bytes)),
  )
  for (const [i, entry] of trailer.records.entries()) {
    const damage = damages[i]
    if (damage) records.push({ entry, damage })
  }
  return { bytes: size, whole: trailer.records.length - records.length, trailer, records }
}

/** As `readTrailer`, of a pack in memory. */
export const readTrailerOf = (
  engine: Engine,
  ref: Pick<PackRef, 'ulid' | 'kind'>,
  bytes: Uint8Array,
) => readTrailer({ ...engine, store: only(bytes) }, ref)

/** @returns what is wrong with a record of a pack in memory */
export const recordDamageIn = (
  engine: Engine,
  { ulid, kind }: Pick<PackRef, 'ulid' | 'kind'>,
  { trailer, entry, bytes }: { trailer: Trailer; entry: RecordEntry; bytes: Uint8Array },
): Promise<DamageError | undefined> => damageOf(engine, packName(kind, ulid), trailer, entry, bytes)

/** Between the start and the trailer are session entries and records, without a gap. @throws FormatError */
const checkTiling = (bytes: Uint8Array, { sessions, records }: Trailer): void => {
  let at = 0
  for (const { offset, ciphertextLength } of records) {
    for (; at < offset; at += SESSION_ENTRY_SIZE) {
      const found = encodeSession(decodeSession(bytes.subarray(at)))
      if (!sessions.some(session => equal(found, encodeSession(session))))
        throw new FormatError('it has a session entry that its trailer does not know')
    }
    if (at !== offset) throw new FormatError('its trailer does not describe its records')
    at += recordSize(ciphertextLength)
  }
}

const damageOf = async (
  engine: Engine,
  key: string,
  trailer: Trailer,
  entry: RecordEntry,
  bytes: Uint8Array,
): Promise<DamageError | undefined> => {
  const session = trailer.sessions[entry.session]
  if (!session) return new ObjectDamagedError(key, 'its trailer names a session it does not have')
  try {
    await verifyPackRecord(engine, { key, entry, session, bytes: bytes.subarray(entry.offset) })
    return undefined
  } catch (error) {
    if (isDamage(error)) return error
    throw error
  }
}

/** Ranges of an object that is in memory already. */
const only = (bytes: Uint8Array): Pick<ObjectStore, 'get'> => ({
  get: async (_, range) => {
    if (!range) return bytes
    return 'last' in range
      ? bytes.subarray(-range.last)
      : bytes.subarray(range.offset, range.offset + range.length)
  },
})
