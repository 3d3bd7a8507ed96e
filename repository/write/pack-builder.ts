import type { Compressed } from '../crypto/compress.ts'
import type { Keys } from '../crypto/keys.ts'
import { sealRecord } from '../crypto/seal-record.ts'
import { sealTrailer } from '../crypto/seal-trailer.ts'
import { packName } from '../format/names.ts'
import { encodeSession, SESSION_ENTRY_SIZE, type Session } from '../format/session-entry.ts'
import { encodeTrailer, type RecordEntry, type Trailer } from '../format/trailer.ts'
import { ulidFromBytes } from '../format/ulid.ts'

export interface PlainRecord extends Compressed {
  /** 32 bytes */
  id: Uint8Array
  type: number
  /** bytes before compression */
  plaintextLength: number
}

export interface FinishedPack {
  ulid: string
  key: string
  parts: Uint8Array[]
  /** bytes */
  size: number
  trailer: Trailer
  trailerPlaintext: Uint8Array
}

/** A pack in memory; docs/repository-format.md, section 6. */
export class PackBuilder {
  readonly ulid: string
  readonly #keys: Keys
  readonly #session: Session
  readonly #sessionKey: Uint8Array
  readonly #parts: Uint8Array[]
  readonly #records: RecordEntry[] = []
  #size = SESSION_ENTRY_SIZE

  /** @param session new, with an id and a salt that were never used */
  constructor(keys: Keys, session: Session) {
    this.ulid = ulidFromBytes(session.id)
    this.#keys = keys
    this.#session = session
    this.#sessionKey = keys.session(session)
    this.#parts = [encodeSession(session)]
  }

  /** bytes so far */
  get size(): number {
    return this.#size
  }

  get records(): readonly RecordEntry[] {
    return this.#records
  }

  /** @returns bytes that the record takes in the pack */
  add(record: PlainRecord): number {
    const sequence = this.#records.length
    const sealed = sealRecord(this.#sessionKey, this.#keys.repositoryId, {
      ...record,
      sessionId: this.#session.id,
      sequence,
    })
    const size = sealed.reduce((sum, part) => sum + part.length, 0)
    this.#records.push({
      id: record.id,
      type: record.type,
      compression: record.compression,
      session: 0,
      sequence,
      offset: this.#size,
      ciphertextLength: record.bytes.length,
      plaintextLength: record.plaintextLength,
    })
    this.#parts.push(...sealed)
    this.#size += size
    return size
  }

  /** @returns header, ciphertext and tag of a record that was added */
  record(sequence: number): Buffer {
    return Buffer.concat(this.#parts.slice(1 + sequence * 3, 4 + sequence * 3))
  }

  finish(): FinishedPack {
    const trailer = {
      kind: this.#session.kind,
      sessions: [this.#session],
      records: this.#records,
    }
    const trailerPlaintext = encodeTrailer(trailer)
    const end = sealTrailer(this.#keys, this.#session, trailerPlaintext, {
      offset: this.#size,
      records: this.#records.length,
    })
    return {
      ulid: this.ulid,
      key: packName(this.#session.kind, this.ulid),
      parts: [...this.#parts, ...end],
      size: end.reduce((sum, part) => sum + part.length, this.#size),
      trailer,
      trailerPlaintext,
    }
  }
}
