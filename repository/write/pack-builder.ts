import type { Compressed } from '../crypto/compress.ts'
import type { Keys } from '../crypto/keys.ts'
import { sealRecord } from '../crypto/seal-record.ts'
import { sealTrailer } from '../crypto/seal-trailer.ts'
import { packName } from '../format/names.ts'
import { recordSize } from '../format/record.ts'
import { encodeSession, type Session } from '../format/session-entry.ts'
import { encodeTrailer, type RecordEntry, type Trailer } from '../format/trailer.ts'
import { ulidFromBytes } from '../format/ulid.ts'
import type { BufferPool } from './buffer-pool.ts'
import { PackMemory } from './pack-memory.ts'

export interface PlainRecord extends Compressed {
  /** 32 bytes */
  id: Uint8Array
  type: number
  /** bytes before compression */
  plaintextLength: number
}

/** A record that was sealed with a sequence number of this pack. */
export type SealedRecord = Omit<RecordEntry, 'session' | 'offset'>

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
  readonly session: Session
  readonly sessionKey: Uint8Array
  readonly #keys: Keys
  readonly #memory: PackMemory
  readonly #records: RecordEntry[] = []
  #sequences = 0

  /**
   * @param session new, with an id and a salt that were never used
   * @param block bytes of one piece of memory
   */
  constructor(keys: Keys, session: Session, buffers: BufferPool, block: number) {
    this.ulid = ulidFromBytes(session.id)
    this.session = session
    this.sessionKey = keys.session(session)
    this.#keys = keys
    this.#memory = new PackMemory(buffers, block)
    this.#memory.append(encodeSession(session))
  }

  /** bytes so far */
  get size(): number {
    return this.#memory.size
  }

  get records(): readonly RecordEntry[] {
    return this.#records
  }

  /**
   * The only place where sequence numbers, and with them nonces, come from: whoever seals a record, in whatever thread, has
   * asked here. One that is not used in the end is a gap.
   */
  nextSequence(): number {
    return this.#sequences++
  }

  /** @returns bytes that the record takes in the pack */
  add(record: PlainRecord): number {
    const sequence = this.nextSequence()
    const sealed = sealRecord(this.sessionKey, this.#keys.repositoryId, {
      ...record,
      sessionId: this.session.id,
      sequence,
    })
    const ciphertextLength = record.bytes.length
    return this.append({ ...record, sequence, ciphertextLength }, ...sealed)
  }

  /** @param parts header, ciphertext and tag; copied */
  append(record: SealedRecord, ...parts: Uint8Array[]): number {
    const { id, type, compression, sequence, ciphertextLength, plaintextLength } = record
    this.#records.push({
      id,
      type,
      compression,
      session: 0,
      sequence,
      offset: this.size,
      ciphertextLength,
      plaintextLength,
    })
    this.#memory.append(...parts)
    return recordSize(ciphertextLength)
  }

  /** @returns header, ciphertext and tag of a record that was added, as a copy */
  record(number: number): Uint8Array {
    const { offset, ciphertextLength } = this.#records[number] as RecordEntry
    return this.#memory.slice(offset, recordSize(ciphertextLength))
  }

  finish(): FinishedPack {
    const trailer = {
      kind: this.session.kind,
      sessions: [this.session],
      records: this.#records,
    }
    const trailerPlaintext = encodeTrailer(trailer)
    const end = sealTrailer(this.#keys, this.session, trailerPlaintext, {
      offset: this.size,
      records: this.#records.length,
    })
    this.#memory.append(...end)
    return {
      ulid: this.ulid,
      key: packName(this.session.kind, this.ulid),
      parts: this.#memory.parts,
      size: this.size,
      trailer,
      trailerPlaintext,
    }
  }

  /** The pack's bytes are not needed any more. @param reusable `false` where somebody may still be looking at them */
  release(reusable: boolean): void {
    this.#memory.release(reusable)
  }
}
