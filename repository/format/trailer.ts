import { ensure, view } from './bytes.ts'
import { ID_SIZE, PACK_KIND } from './kinds.ts'
import type { PackKind } from './names.ts'
import {
  decodePackKind,
  decodeSession,
  encodeSession,
  SESSION_ENTRY_SIZE,
  type Session,
} from './session-entry.ts'

/** Where and how one record stands in its pack. */
export interface RecordEntry {
  /** 32 bytes */
  id: Uint8Array
  type: number
  compression: number
  /** number of the session in the trailer */
  session: number
  sequence: number
  /** of the record's header, bytes from the start of the pack */
  offset: number
  /** bytes, without the tag */
  ciphertextLength: number
  /** bytes */
  plaintextLength: number
}

/** The table of contents of a pack; docs/repository-format.md, section 6. */
export interface Trailer {
  kind: PackKind
  sessions: Session[]
  records: RecordEntry[]
}

const MAGIC = 'XKTR'
const HEADER_SIZE = 12 // bytes
const ENTRY_SIZE = 52 // bytes

export const encodeTrailer = ({ kind, sessions, records }: Trailer): Buffer => {
  const out = Buffer.alloc(
    HEADER_SIZE + sessions.length * SESSION_ENTRY_SIZE + records.length * ENTRY_SIZE,
  )
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = PACK_KIND[kind]
  out.writeUInt16LE(sessions.length, 6)
  out.writeUInt32LE(records.length, 8)
  let at = HEADER_SIZE
  for (const session of sessions) {
    out.set(encodeSession(session), at)
    at += SESSION_ENTRY_SIZE
  }
  for (const r of records) {
    out.set(r.id, at)
    out[at + 32] = r.type
    out[at + 33] = r.compression
    out.writeUInt16LE(r.session, at + 34)
    out.writeUInt32LE(r.sequence, at + 36)
    out.writeUInt32LE(r.offset, at + 40)
    out.writeUInt32LE(r.ciphertextLength, at + 44)
    out.writeUInt32LE(r.plaintextLength, at + 48)
    at += ENTRY_SIZE
  }
  return out
}

/** @throws FormatError */
export const decodeTrailer = (bytes: Uint8Array): Trailer => {
  const b = view(bytes)
  ensure(b.length >= HEADER_SIZE && b.toString('latin1', 0, 4) === MAGIC, 'no trailer in it')
  ensure(b[4] === 1, `trailer of unknown version ${b[4]}`)
  const kind = decodePackKind(b[5])
  const sessionCount = b.readUInt16LE(6)
  const recordCount = b.readUInt32LE(8)
  const entriesAt = HEADER_SIZE + sessionCount * SESSION_ENTRY_SIZE
  ensure(b.length === entriesAt + recordCount * ENTRY_SIZE, 'the trailer has a wrong length')
  const sessions = Array.from({ length: sessionCount }, (_, i) =>
    decodeSession(b.subarray(HEADER_SIZE + i * SESSION_ENTRY_SIZE)),
  )
  const records = Array.from({ length: recordCount }, (_, i): RecordEntry => {
    const at = entriesAt + i * ENTRY_SIZE
    return {
      id: b.subarray(at, at + ID_SIZE),
      type: b.readUInt8(at + 32),
      compression: b.readUInt8(at + 33),
      session: b.readUInt16LE(at + 34),
      sequence: b.readUInt32LE(at + 36),
      offset: b.readUInt32LE(at + 40),
      ciphertextLength: b.readUInt32LE(at + 44),
      plaintextLength: b.readUInt32LE(at + 48),
    }
  })
  ensure(
    records.every(r => r.session < sessionCount),
    'the trailer names a session it does not have',
  )
  return { kind, sessions, records }
}
