import { checksum } from './checksum.ts'
import {
  BLOCK_BYTES,
  HEADER_BYTES,
  LOCATOR_OFFSET,
  SECTOR,
  TABLE_OFFSET,
  tableEntries,
} from './layout.ts'

/** The file a differencing image names as its parent. */
export interface ParentFile {
  /** 16 bytes: the footer UUID of that file. */
  uuid: Buffer
  path: string
}

export interface Header {
  tableOffset: number
  entries: number
  blockBytes: number
}

export function encodeHeader(size: number, parent?: ParentFile): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.write('cxsparse', 0)
  bytes.fill(0xff, 8, 16)
  bytes.writeBigUInt64BE(BigInt(TABLE_OFFSET), 16)
  bytes.writeUInt32BE(0x00010000, 24)
  bytes.writeUInt32BE(tableEntries(size), 28)
  bytes.writeUInt32BE(BLOCK_BYTES, 32)
  if (parent) nameParent(bytes, parent)
  bytes.writeUInt32BE(checksum(bytes, 36), 36)
  return bytes
}

function nameParent(bytes: Buffer, { uuid, path }: ParentFile): void {
  uuid.copy(bytes, 40)
  Buffer.from(path.slice(0, 255), 'utf16le').swap16().copy(bytes, 64)
  const text = Buffer.from(`file://${path}`)
  const locator = 576
  bytes.write('MacX', locator)
  bytes.writeUInt32BE(SECTOR, locator + 4)
  bytes.writeUInt32BE(text.length, locator + 8)
  bytes.writeBigUInt64BE(BigInt(LOCATOR_OFFSET), locator + 16)
}

/** Throws a sentence when this is no dynamic header or its checksum is wrong. */
export function decodeHeader(bytes: Buffer): Header {
  if (bytes.toString('latin1', 0, 8) !== 'cxsparse') throw new Error('No VHD header found.')
  if (bytes.readUInt32BE(36) !== checksum(bytes, 36)) throw new Error('VHD header is damaged.')
  return {
    tableOffset: Number(bytes.readBigUInt64BE(16)),
    entries: bytes.readUInt32BE(28),
    blockBytes: bytes.readUInt32BE(32),
  }
}
