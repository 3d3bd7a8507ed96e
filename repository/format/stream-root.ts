import { ensure, view } from './bytes.ts'
import { ID_HMAC_SHA_256, ID_SIZE, MAX_PLAINTEXT } from './kinds.ts'

/** The upper level of a stream's map; docs/repository-format.md, section 7.1. */
export interface StreamRoot {
  /** bytes */
  size: number
  chunks: number
  /** `bytes`: of the stream, that the page stands for */
  pages: { id: Uint8Array; bytes: number }[]
}

const MAGIC = 'XKSR'
const HEADER_SIZE = 28 // bytes
const ENTRY_SIZE = ID_SIZE + 4 // bytes
/** What one record can name: about 18 TiB at the mean sizes of chunks and pages. */
export const MAX_STREAM_PAGES: number = Math.floor((MAX_PLAINTEXT - HEADER_SIZE) / ENTRY_SIZE)

export const encodeStreamRoot = ({ size, chunks, pages }: StreamRoot): Buffer => {
  const out = Buffer.alloc(HEADER_SIZE + pages.length * ENTRY_SIZE)
  out.write(MAGIC, 'latin1')
  out[4] = 1
  out[5] = ID_HMAC_SHA_256
  out.writeBigUInt64LE(BigInt(size), 8)
  out.writeBigUInt64LE(BigInt(chunks), 16)
  let at = out.writeUInt32LE(pages.length, 24)
  for (const { id, bytes } of pages) {
    out.set(id, at)
    at = out.writeUInt32LE(bytes, at + ID_SIZE)
  }
  return out
}

/** @throws FormatError */
export const decodeStreamRoot = (bytes: Uint8Array): StreamRoot => {
  const b = view(bytes)
  const isRoot = b.length >= HEADER_SIZE && b.toString('latin1', 0, 4) === MAGIC
  ensure(isRoot, 'no root of a stream in it')
  ensure(b[4] === 1, `root of a stream of unknown version ${b[4]}`)
  ensure(b[5] === ID_HMAC_SHA_256, `stream with unknown id algorithm ${b[5]}`)
  const size = Number(b.readBigUInt64LE(8))
  const chunks = Number(b.readBigUInt64LE(16))
  const count = b.readUInt32LE(24)
  ensure(b.length === HEADER_SIZE + count * ENTRY_SIZE, 'the root of a stream has a wrong length')
  const pages = Array.from({ length: count }, (_, i) => {
    const at = HEADER_SIZE + i * ENTRY_SIZE
    return { id: b.subarray(at, at + ID_SIZE), bytes: b.readUInt32LE(at + ID_SIZE) }
  })
  const sum = pages.reduce((all, page) => all + page.bytes, 0)
  ensure(Number.isSafeInteger(size) && sum === size, 'the root of a stream is contradictory')
  return { size, chunks, pages }
}
