import { crc32, ensure, view } from './bytes.ts'
import { CIPHER_AES_256_GCM, PACK_KIND } from './kinds.ts'
import type { PackKind } from './names.ts'
import { decodePackKind } from './session-entry.ts'

/** The end of a pack: how to find and open its trailer. */
export interface Footer {
  kind: PackKind
  epoch: number
  /** 16 bytes */
  packId: Uint8Array
  /** 32 bytes */
  salt: Uint8Array
  /** bytes from the start of the pack */
  trailerOffset: number
  /** bytes, without the tag */
  trailerLength: number
  /** CRC-32 of the trailer's ciphertext and tag */
  trailerCrc: number
  records: number
}

export const FOOTER_SIZE = 84 // bytes
const MAGIC = 'XKPF'

export const encodeFooter = (f: Footer): Buffer => {
  const out = Buffer.alloc(FOOTER_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = PACK_KIND[f.kind]
  out[6] = CIPHER_AES_256_GCM
  out.writeUInt32LE(f.epoch, 8)
  out.set(f.packId, 12)
  out.set(f.salt, 28)
  out.writeBigUInt64LE(BigInt(f.trailerOffset), 60)
  out.writeUInt32LE(f.trailerLength, 68)
  out.writeUInt32LE(f.trailerCrc, 72)
  out.writeUInt32LE(f.records, 76)
  out.writeUInt32LE(crc32(out.subarray(0, 80)), 80)
  return out
}

/**
 * @param bytes the last 84 bytes of a pack
 * @throws FormatError
 */
export const decodeFooter = (bytes: Uint8Array): Footer => {
  const b = view(bytes)
  ensure(b.length === FOOTER_SIZE, 'it is shorter than a footer')
  ensure(
    b.toString('latin1', 0, 4) === MAGIC,
    'it has no footer at its end, so it is cut off or overwritten',
  )
  ensure(b.readUInt32LE(80) === crc32(b.subarray(0, 80)), 'the checksum of its footer is wrong')
  ensure(b[4] === 1, `footer of unknown version ${b[4]}`)
  ensure(b[6] === CIPHER_AES_256_GCM, `trailer with unknown cipher ${b[6]}`)
  const trailerOffset = b.readBigUInt64LE(60)
  ensure(trailerOffset < 2n ** 32n, 'it claims to be larger than 4 GiB')
  return {
    kind: decodePackKind(b[5]),
    epoch: b.readUInt32LE(8),
    packId: Buffer.from(b.subarray(12, 28)),
    salt: Buffer.from(b.subarray(28, 60)),
    trailerOffset: Number(trailerOffset),
    trailerLength: b.readUInt32LE(68),
    trailerCrc: b.readUInt32LE(72),
    records: b.readUInt32LE(76),
  }
}
