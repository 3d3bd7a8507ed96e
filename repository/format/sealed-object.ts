import { crc32, ensure, view } from './bytes.ts'
import { CIPHER_AES_256_GCM, COMPRESSION, TAG_SIZE } from './kinds.ts'

/** The clear part of a sealed object; docs/repository-format.md, section 8. */
export interface SealedHeader {
  type: number
  compression: number
  epoch: number
  /** 32 bytes */
  salt: Uint8Array
  /** bytes */
  plaintextLength: number
  /** bytes, without the tag */
  ciphertextLength: number
}

const SEALED_HEADER_SIZE = 56 // bytes
const MAGIC = 'XKSO'

export const encodeSealedHeader = (h: SealedHeader, ...sealed: readonly Uint8Array[]): Buffer => {
  const out = Buffer.alloc(SEALED_HEADER_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = h.type
  out[6] = CIPHER_AES_256_GCM
  out[7] = h.compression
  out.writeUInt32LE(h.epoch, 8)
  out.set(h.salt, 12)
  out.writeUInt32LE(h.plaintextLength, 44)
  out.writeUInt32LE(h.ciphertextLength, 48)
  out.writeUInt32LE(crc32(out.subarray(0, 52), ...sealed), 52)
  return out
}

/** How many of an object's first bytes tell its epoch. */
export const EPOCH_END = 12

/** @returns the epoch that the first bytes name, unproven; `undefined` where they are none of ours */
export const epochOfSealed = (head: Uint8Array): number | undefined => {
  const b = view(head)
  return b.length >= EPOCH_END && b.toString('latin1', 0, 4) === MAGIC
    ? b.readUInt32LE(8)
    : undefined
}

/**
 * @param bytes the whole object
 * @throws FormatError
 */
export const decodeSealed = (
  bytes: Uint8Array,
): { header: SealedHeader; ciphertext: Uint8Array; tag: Uint8Array } => {
  const b = view(bytes)
  ensure(b.length >= SEALED_HEADER_SIZE + TAG_SIZE, 'it is shorter than any such object')
  ensure(b.toString('latin1', 0, 4) === MAGIC, 'it does not start like one of ours')
  const ciphertextLength = b.readUInt32LE(48)
  ensure(b.length === SEALED_HEADER_SIZE + ciphertextLength + TAG_SIZE, 'it has a wrong length')
  ensure(
    b.readUInt32LE(52) === crc32(b.subarray(0, 52), b.subarray(SEALED_HEADER_SIZE)),
    'its checksum is wrong',
  )
  ensure(b[4] === 1, `it is of unknown version ${b[4]}`)
  ensure(b[6] === CIPHER_AES_256_GCM, `it has an unknown cipher ${b[6]}`)
  const compression = b.readUInt8(7)
  ensure(
    compression === COMPRESSION.raw || compression === COMPRESSION.zstd,
    `it has an unknown compression ${compression}`,
  )
  return {
    header: {
      type: b.readUInt8(5),
      compression,
      epoch: b.readUInt32LE(8),
      salt: Buffer.from(b.subarray(12, 44)),
      plaintextLength: b.readUInt32LE(44),
      ciphertextLength,
    },
    ciphertext: b.subarray(SEALED_HEADER_SIZE, b.length - TAG_SIZE),
    tag: b.subarray(b.length - TAG_SIZE),
  }
}
