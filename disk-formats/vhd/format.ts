/**
 * The Virtual Hard Disk format, as far as XAPI speaks it (Microsoft "Virtual Hard Disk Image Format Specification" 1.0).
 * All integers are big-endian.
 */

export const SECTOR = 512
export const FOOTER_SIZE = 512
export const HEADER_SIZE = 1024
/** XenServer's block size; bytes. */
export const VHD_BLOCK = 2 * 1024 * 1024
/** XenServer's limit for a VHD disk; bytes. */
export const VHD_MAX_SIZE = 2040 * 1024 ** 3
/** BAT entry of a block that is not in the file. */
export const NOT_ALLOCATED = 0xffffffff

const DYNAMIC = 3
const DIFFERENCING = 4

export class VhdFormatError extends Error {}

const toSectors = (bytes: number): number => Math.ceil(bytes / SECTOR) * SECTOR

/** Bytes of the sector bitmap in front of each block. */
export const bitmapSize = (blockSize: number): number => toSectors(blockSize / SECTOR / 8)

/** Bytes of the block allocation table, padded to whole sectors. */
export const tableSize = (entries: number): number => toSectors(entries * 4)

/** One's complement of the sum of all bytes, the checksum's own four left out. */
const checksum = (bytes: Uint8Array, at: number): number => {
  let sum = 0
  for (const [index, byte] of bytes.entries()) if (index < at || index >= at + 4) sum += byte
  return ~sum >>> 0
}

const assertPart = (bytes: Buffer, cookie: string, checksumAt: number, what: string): void => {
  if (bytes.toString('latin1', 0, 8) !== cookie)
    throw new VhdFormatError(`the ${what} does not begin with "${cookie}"`)
  if (bytes.readUInt32BE(checksumAt) !== checksum(bytes, checksumAt))
    throw new VhdFormatError(`the checksum of the ${what} is wrong`)
}

const FOOTER_CHECKSUM = 64
const HEADER_CHECKSUM = 36

export interface VhdFooter {
  /** bytes from the start of the file */
  headerOffset: number
  /** bytes */
  size: number
}

/** @throws {VhdFormatError} */
export const parseFooter = (bytes: Buffer, what: string): VhdFooter => {
  assertPart(bytes, 'conectix', FOOTER_CHECKSUM, what)
  const type = bytes.readUInt32BE(60)
  if (type !== DYNAMIC) throw new VhdFormatError(`it is of type ${type}, not a dynamic disk (3)`)
  return {
    headerOffset: Number(bytes.readBigUInt64BE(16)),
    size: Number(bytes.readBigUInt64BE(48)),
  }
}

export interface VhdHeader {
  tableOffset: number
  entries: number
  blockSize: number
}

/** @throws {VhdFormatError} */
export const parseHeader = (bytes: Buffer): VhdHeader => {
  assertPart(bytes, 'cxsparse', HEADER_CHECKSUM, 'dynamic header')
  const blockSize = bytes.readUInt32BE(32)
  if (blockSize < SECTOR * 8 || (blockSize & (blockSize - 1)) !== 0)
    throw new VhdFormatError(`its block size of ${blockSize} bytes is impossible`)
  return {
    tableOffset: Number(bytes.readBigUInt64BE(16)),
    entries: bytes.readUInt32BE(28),
    blockSize,
  }
}

/** Cylinders, heads and sectors as the specification's appendix computes them; nothing we know of reads them. */
const geometry = (size: number): { cylinders: number; heads: number; sectors: number } => {
  const total = Math.min(Math.floor(size / SECTOR), 65535 * 16 * 255)
  if (total >= 65535 * 16 * 63)
    return { cylinders: Math.floor(total / 255 / 16), heads: 16, sectors: 255 }
  let sectors = 17
  let tracks = Math.floor(total / sectors)
  let heads = Math.max(4, Math.floor((tracks + 1023) / 1024))
  if (tracks >= heads * 1024 || heads > 16) {
    sectors = 31
    heads = 16
    tracks = Math.floor(total / sectors)
  }
  if (tracks >= heads * 1024) {
    sectors = 63
    heads = 16
    tracks = Math.floor(total / sectors)
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors }
}

/**
 * @param id 16 bytes, the UUID of the image
 * @param options.differencing blocks that are not in it are those of another image
 */
export const buildFooter = (
  size: number,
  id: Uint8Array,
  { differencing }: { differencing: boolean } = { differencing: false },
): Buffer => {
  const bytes = Buffer.alloc(FOOTER_SIZE)
  bytes.write('conectix', 0, 'latin1')
  bytes.writeUInt32BE(2, 8) // features: the reserved bit, always set
  bytes.writeUInt32BE(0x0001_0000, 12)
  bytes.writeBigUInt64BE(BigInt(FOOTER_SIZE), 16)
  // XenServer's own creator. Readers such as QEMU take the exact size from images of creators they know; from others they take
  // cylinders x heads x sectors, which cuts off the end of most disks.
  bytes.write('tap\0', 28, 'latin1')
  bytes.writeUInt32BE(0x0001_0000, 32)
  bytes.writeBigUInt64BE(BigInt(size), 40)
  bytes.writeBigUInt64BE(BigInt(size), 48)
  const { cylinders, heads, sectors } = geometry(size)
  bytes.writeUInt16BE(cylinders, 56)
  bytes.writeUInt8(heads, 58)
  bytes.writeUInt8(sectors, 59)
  bytes.writeUInt32BE(differencing ? DIFFERENCING : DYNAMIC, 60)
  bytes.set(id.subarray(0, 16), 68)
  bytes.writeUInt32BE(checksum(bytes, FOOTER_CHECKSUM), FOOTER_CHECKSUM)
  return bytes
}

/** @param parent 16 bytes, the UUID of the image below; XenServer does not look at it */
export const buildHeader = (entries: number, parent?: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(HEADER_SIZE)
  bytes.write('cxsparse', 0, 'latin1')
  bytes.fill(0xff, 8, 16)
  bytes.writeBigUInt64BE(BigInt(FOOTER_SIZE + HEADER_SIZE), 16)
  bytes.writeUInt32BE(0x0001_0000, 24)
  bytes.writeUInt32BE(entries, 28)
  bytes.writeUInt32BE(VHD_BLOCK, 32)
  if (parent) bytes.set(parent.subarray(0, 16), 40)
  bytes.writeUInt32BE(checksum(bytes, HEADER_CHECKSUM), HEADER_CHECKSUM)
  return bytes
}
