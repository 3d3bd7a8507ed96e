import { crc32, ensure, view } from './bytes.ts'
import { CIPHER_AES_256_GCM, COMPRESSION, MAX_PLAINTEXT, TAG_SIZE } from './kinds.ts'

/** The clear part of a record; docs/repository-format.md, section 6. */
export interface RecordHeader {
  type: number
  cipher: number
  compression: number
  /** 16 bytes */
  sessionId: Uint8Array
  sequence: number
  /** bytes */
  plaintextLength: number
  /** bytes, without the tag */
  ciphertextLength: number
}

export const RECORD_HEADER_SIZE = 40 // bytes
const MAGIC = 'XKRC'

/** Bytes of a record beside its ciphertext. */
export const RECORD_OVERHEAD: number = RECORD_HEADER_SIZE + TAG_SIZE

/** @returns bytes of a whole record in a pack */
export const recordSize = (ciphertextLength: number): number =>
  RECORD_HEADER_SIZE + ciphertextLength + TAG_SIZE

/** @param sealed ciphertext and tag; the checksum covers them */
export const encodeRecordHeader = (h: RecordHeader, ...sealed: readonly Uint8Array[]): Buffer => {
  const out = Buffer.alloc(RECORD_HEADER_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = h.type
  out[6] = h.cipher
  out[7] = h.compression
  out.set(h.sessionId, 8)
  out.writeUInt32LE(h.sequence, 24)
  out.writeUInt32LE(h.plaintextLength, 28)
  out.writeUInt32LE(h.ciphertextLength, 32)
  out.writeUInt32LE(crc32(out.subarray(0, 36), ...sealed), 36)
  return out
}

/**
 * @param bytes from the record's header on; more may follow
 * @returns header, ciphertext and tag, the latter two in the same memory
 * @throws FormatError
 */
export const decodeRecord = (
  bytes: Uint8Array,
): { header: RecordHeader; ciphertext: Uint8Array; tag: Uint8Array } => {
  const b = view(bytes)
  ensure(b.length >= RECORD_HEADER_SIZE, 'it ends within the header of a record')
  ensure(b.toString('latin1', 0, 4) === MAGIC, 'no record where one should be')
  const ciphertextLength = b.readUInt32LE(32)
  const end = recordSize(ciphertextLength)
  ensure(b.length >= end, 'it ends within a record')
  ensure(
    b.readUInt32LE(36) === crc32(b.subarray(0, 36), b.subarray(RECORD_HEADER_SIZE, end)),
    'the checksum of a record is wrong',
  )
  const header = {
    type: b.readUInt8(5),
    cipher: b.readUInt8(6),
    compression: b.readUInt8(7),
    sessionId: Buffer.from(b.subarray(8, 24)),
    sequence: b.readUInt32LE(24),
    plaintextLength: b.readUInt32LE(28),
    ciphertextLength,
  }
  ensure(b[4] === 1, `record of unknown version ${b[4]}`)
  ensure(header.cipher === CIPHER_AES_256_GCM, `record with unknown cipher ${header.cipher}`)
  ensure(
    header.compression === COMPRESSION.raw || header.compression === COMPRESSION.zstd,
    `record with unknown compression ${header.compression}`,
  )
  ensure(header.plaintextLength <= MAX_PLAINTEXT, 'a record claims to be larger than 4 MiB')
  return {
    header,
    ciphertext: b.subarray(RECORD_HEADER_SIZE, end - TAG_SIZE),
    tag: b.subarray(end - TAG_SIZE, end),
  }
}
