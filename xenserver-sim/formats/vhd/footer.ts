import { checksum } from './checksum.ts'
import { geometryOf } from './geometry.ts'
import { FOOTER_BYTES, HEADER_OFFSET } from './layout.ts'

export const DISK_TYPE = { fixed: 2, dynamic: 3, differencing: 4 } as const

export interface Footer {
  /** Virtual size in bytes. */
  size: number
  diskType: number
  /** 16 bytes. */
  uuid: Buffer
  /** Where the dynamic header lies. */
  headerOffset: number
}

export function encodeFooter({ size, diskType, uuid }: Omit<Footer, 'headerOffset'>): Buffer {
  const bytes = Buffer.alloc(FOOTER_BYTES)
  const geometry = geometryOf(size)
  bytes.write('conectix', 0)
  bytes.writeUInt32BE(2, 8) // features: reserved bit, always set
  bytes.writeUInt32BE(0x00010000, 12)
  bytes.writeBigUInt64BE(BigInt(HEADER_OFFSET), 16)
  bytes.write('caml', 28)
  bytes.writeUInt32BE(1, 32)
  bytes.writeBigUInt64BE(BigInt(size), 40)
  bytes.writeBigUInt64BE(BigInt(size), 48)
  bytes.writeUInt16BE(geometry.cylinders, 56)
  bytes.writeUInt8(geometry.heads, 58)
  bytes.writeUInt8(geometry.sectors, 59)
  bytes.writeUInt32BE(diskType, 60)
  uuid.copy(bytes, 68)
  bytes.writeUInt32BE(checksum(bytes, 64), 64)
  return bytes
}

/** Throws a sentence when the sector is no footer or its checksum is wrong. */
export function decodeFooter(bytes: Buffer): Footer {
  if (bytes.toString('latin1', 0, 8) !== 'conectix') throw new Error('No VHD footer found.')
  if (bytes.readUInt32BE(64) !== checksum(bytes, 64)) throw new Error('VHD footer is damaged.')
  return {
    size: Number(bytes.readBigUInt64BE(48)),
    diskType: bytes.readUInt32BE(60),
    uuid: Buffer.from(bytes.subarray(68, 84)),
    headerOffset: Number(bytes.readBigUInt64BE(16)),
  }
}
