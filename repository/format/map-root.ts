import { ensure, view } from './bytes.ts'
import { ID_HMAC_SHA_256, ID_SIZE } from './kinds.ts'
import { pageCount } from './map-page.ts'

/** The upper level of a disk map; docs/repository-format.md, section 7. */
export interface MapRoot {
  /** bytes */
  size: number
  /** bytes, a power of two */
  chunkSize: number
  /** 32 bytes each */
  pageIds: Uint8Array[]
}

const MIN_CHUNK_SIZE = 64 * 1024
const MAX_CHUNK_SIZE = 4 * 1024 * 1024
/** What one root record (4 MiB) can name at the smallest chunk: 8 TiB; 128 TiB with chunks of 1 MiB. */
export const MAX_PAGES = 131_071

const MAGIC = 'XKMR'
const HEADER_SIZE = 20 // bytes

export const isChunkSize = (size: number): boolean =>
  size >= MIN_CHUNK_SIZE && size <= MAX_CHUNK_SIZE && Number.isInteger(Math.log2(size))

export const encodeRoot = ({ size, chunkSize, pageIds }: MapRoot): Buffer => {
  const out = Buffer.alloc(HEADER_SIZE + pageIds.length * ID_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = ID_HMAC_SHA_256
  out[6] = Math.log2(chunkSize)
  out.writeBigUInt64LE(BigInt(size), 8)
  out.writeUInt32LE(pageIds.length, 16)
  pageIds.forEach((id, i) => {
    out.set(id, HEADER_SIZE + i * ID_SIZE)
  })
  return out
}

/** @throws FormatError */
export const decodeRoot = (bytes: Uint8Array): MapRoot => {
  const b = view(bytes)
  ensure(b.length >= HEADER_SIZE && b.toString('latin1', 0, 4) === MAGIC, 'no map root in it')
  ensure(b[4] === 1, `map root of unknown version ${b[4]}`)
  ensure(b[5] === ID_HMAC_SHA_256, `map with unknown id algorithm ${b[5]}`)
  const chunkSize = 2 ** b.readUInt8(6)
  const size = Number(b.readBigUInt64LE(8))
  const count = b.readUInt32LE(16)
  ensure(isChunkSize(chunkSize), `map with chunks of ${chunkSize} bytes`)
  ensure(
    Number.isSafeInteger(size) && count === pageCount(size, chunkSize),
    'the map root is contradictory',
  )
  ensure(b.length === HEADER_SIZE + count * ID_SIZE, 'the map root has a wrong length')
  const pageIds = Array.from({ length: count }, (_, i) =>
    b.subarray(HEADER_SIZE + i * ID_SIZE, HEADER_SIZE + (i + 1) * ID_SIZE),
  )
  return { size, chunkSize, pageIds }
}
