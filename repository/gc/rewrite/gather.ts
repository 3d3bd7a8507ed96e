import { isDamage, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { sealTrailer } from '../../crypto/seal-trailer.ts'
import type { Engine } from '../../engine.ts'
import { equal, hex } from '../../format/bytes.ts'
import { type PackKind, packName } from '../../format/names.ts'
import { decodeRecord, recordSize } from '../../format/record.ts'
import { encodeSession, type Session } from '../../format/session-entry.ts'
import { encodeTrailer, type RecordEntry, type Trailer } from '../../format/trailer.ts'
import { ulidToBytes } from '../../format/ulid.ts'
import { type PlannedGet, planGets } from '../../read/plan.ts'
import { asPackDamage } from '../../read/trailer.ts'
import type { FinishedPack } from '../../write/pack-builder.ts'
import type { MeasuredPack } from './live-records.ts'

/**
 * Copies the live records of some packs into a new one, as they are: sealed, with their sessions, without their keys. Every record's
 * checksum is looked at on the way.
 * @returns the new pack, and the sources that could not be read whole, which must stay
 */
export const gather = async (
  engine: Engine,
  { ulid, kind }: { ulid: string; kind: PackKind },
  sources: readonly MeasuredPack[],
): Promise<{ pack: FinishedPack; left: Set<string> }> => {
  const builder = new GatheredPack(engine, ulid, kind)
  const left = new Set<string>()
  for (const source of sources) {
    try {
      for (const { session, entry, bytes } of await readLiveRecords(engine, source))
        builder.append(session, entry, bytes)
    } catch (error) {
      if (!isDamage(error)) throw error
      left.add(source.ref.ulid)
    }
  }
  return { pack: builder.finish(), left }
}

interface Copied {
  session: Session
  entry: RecordEntry
  /** header, ciphertext and tag */
  bytes: Uint8Array
}

/** @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC` */
const readLiveRecords = async (
  engine: Engine,
  { ref, trailer, live }: MeasuredPack,
): Promise<Copied[]> => {
  const locations = trailer.records
    .filter((_, number) => live[number] === 1)
    .map(entry => ({ pack: ref, entry, session: trailer.sessions[entry.session] as Session }))
  const copied: Copied[] = []
  for (const get of planGets(locations, engine.tuning)) copied.push(...(await read(engine, get)))
  return copied
}

const read = async (
  { store }: Pick<Engine, 'store'>,
  { pack, offset, length, wanted }: PlannedGet,
): Promise<Copied[]> => {
  const key = packName(pack.kind, pack.ulid)
  try {
    const bytes = await store.get(key, { offset, length })
    return wanted.map(({ entry, session }) => {
      const at = entry.offset - offset
      const record = bytes.subarray(at, at + recordSize(entry.ciphertextLength))
      const { header } = decodeRecord(record)
      const same =
        equal(header.sessionId, session.id) &&
        header.type === entry.type &&
        header.compression === entry.compression &&
        header.sequence === entry.sequence &&
        header.plaintextLength === entry.plaintextLength &&
        header.ciphertextLength === entry.ciphertextLength
      if (!same) throw new ObjectNotAuthenticError(key, 'its trailer does not describe its records')
      return { entry, session, bytes: record }
    })
  } catch (error) {
    throw asPackDamage(key, error)
  }
}

/** A pack of records from others; docs/repository-format.md, section 6. */
class GatheredPack {
  readonly #engine: Pick<Engine, 'keys' | 'random' | 'epoch'>
  readonly #ulid: string
  readonly #trailer: Trailer
  readonly #sessions = new Map<string, number>()
  readonly #ids = new Set<string>()
  readonly #parts: Uint8Array[] = []
  #size = 0

  constructor(engine: Pick<Engine, 'keys' | 'random' | 'epoch'>, ulid: string, kind: PackKind) {
    this.#engine = engine
    this.#ulid = ulid
    this.#trailer = { kind, sessions: [], records: [] }
  }

  /** A record that is here already, from another pack, is not needed twice. */
  append(session: Session, entry: RecordEntry, bytes: Uint8Array): void {
    const id = hex(entry.id)
    if (this.#ids.has(id)) return
    this.#ids.add(id)
    const key = hex(session.id)
    let number = this.#sessions.get(key)
    if (number === undefined) {
      number = this.#trailer.sessions.push(session) - 1
      this.#sessions.set(key, number)
      this.#add(encodeSession(session))
    }
    this.#trailer.records.push({ ...entry, session: number, offset: this.#size })
    this.#add(bytes)
  }

  finish(): FinishedPack {
    const { keys, random, epoch } = this.#engine
    const trailer = this.#trailer
    const trailerPlaintext = encodeTrailer(trailer)
    const own = {
      id: ulidToBytes(this.#ulid),
      salt: random.bytes(32),
      epoch,
      kind: trailer.kind,
    }
    const records = trailer.records.length
    const end = sealTrailer(keys, own, trailerPlaintext, { offset: this.#size, records })
    for (const part of end) this.#add(part)
    return {
      ulid: this.#ulid,
      key: packName(trailer.kind, this.#ulid),
      parts: this.#parts,
      size: this.#size,
      trailer,
      trailerPlaintext,
    }
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#size += bytes.length
  }
}
