import { crc32, ensure, view } from './bytes.ts'
import { PACK_KIND, SESSION_DERIVED } from './kinds.ts'
import type { PackKind } from './names.ts'

/** What is needed, beside the epoch's key, to derive a session key. */
export interface Session {
  /** 16 bytes */
  id: Uint8Array
  /** 32 bytes */
  salt: Uint8Array
  epoch: number
  kind: PackKind
}

export const SESSION_ENTRY_SIZE = 64 // bytes
const MAGIC = 'XKSE'

export const encodeSession = ({ id, salt, epoch, kind }: Session): Buffer => {
  const out = Buffer.alloc(SESSION_ENTRY_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = SESSION_DERIVED
  out[6] = PACK_KIND[kind]
  out.writeUInt32LE(epoch, 8)
  out.set(id, 12)
  out.set(salt, 28)
  out.writeUInt32LE(crc32(out.subarray(0, 60)), 60)
  return out
}

/** @throws FormatError */
export const decodeSession = (bytes: Uint8Array): Session => {
  const b = view(bytes)
  ensure(b.length >= SESSION_ENTRY_SIZE, 'it ends within a session entry')
  ensure(b.toString('latin1', 0, 4) === MAGIC, 'no session entry where one should be')
  ensure(
    b.readUInt32LE(60) === crc32(b.subarray(0, 60)),
    'the checksum of a session entry is wrong',
  )
  ensure(b[4] === 1, `session entry of unknown version ${b[4]}`)
  ensure(b[5] === SESSION_DERIVED, `session of unknown kind ${b[5]}`)
  return {
    id: Buffer.from(b.subarray(12, 28)),
    salt: Buffer.from(b.subarray(28, 60)),
    epoch: b.readUInt32LE(8),
    kind: decodePackKind(b[6]),
  }
}

/** @throws FormatError */
export const decodePackKind = (value: number | undefined): PackKind => {
  ensure(value === PACK_KIND.data || value === PACK_KIND.meta, `pack of unknown kind ${value}`)
  return value === PACK_KIND.data ? 'data' : 'meta'
}
