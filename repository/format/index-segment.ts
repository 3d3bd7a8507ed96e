import { ensure, view } from './bytes.ts'
import { ulidFromBytes, ulidToBytes } from './ulid.ts'

/** A pack's trailer, repeated so that a start needs few GETs; docs/repository-format.md, section 9. */
interface SegmentPack {
  ulid: string
  /** bytes of the object */
  size: number
  /** the trailer's plaintext */
  trailer: Uint8Array
}

export interface IndexSegment {
  /** ulids of the segments that this one stands for */
  replaces: string[]
  packs: SegmentPack[]
}

const MAGIC = 'XKIX'
const HEADER_SIZE = 16 // bytes, both counts included
const PACK_HEADER_SIZE = 24 // bytes

export const encodeSegment = ({ replaces, packs }: IndexSegment): Buffer => {
  const header = Buffer.alloc(HEADER_SIZE + replaces.length * 16)
  header.write(MAGIC, 'latin1')
  header[4] = 1
  header.writeUInt32LE(replaces.length, 8)
  replaces.forEach((ulid, i) => {
    header.set(ulidToBytes(ulid), 12 + i * 16)
  })
  header.writeUInt32LE(packs.length, header.length - 4)
  const parts = packs.flatMap(({ ulid, size, trailer }) => {
    const head = Buffer.alloc(PACK_HEADER_SIZE)
    head.set(ulidToBytes(ulid))
    head.writeUInt32LE(size, 16)
    head.writeUInt32LE(trailer.length, 20)
    return [head, trailer]
  })
  return Buffer.concat([header, ...parts])
}

/** @throws FormatError */
export const decodeSegment = (bytes: Uint8Array): IndexSegment => {
  const b = view(bytes)
  let at = 0
  const take = (size: number) => {
    ensure(at + size <= b.length, 'the segment ends too early')
    at += size
    return b.subarray(at - size, at)
  }
  const head = take(12)
  ensure(head.toString('latin1', 0, 4) === MAGIC, 'no index segment in it')
  ensure(head[4] === 1, `index segment of unknown version ${head[4]}`)
  const replaces = Array.from({ length: head.readUInt32LE(8) }, () => ulidFromBytes(take(16)))
  const count = take(4).readUInt32LE(0)
  const packs: SegmentPack[] = []
  for (let i = 0; i < count; i++) {
    const pack = take(PACK_HEADER_SIZE)
    const trailer = take(pack.readUInt32LE(20))
    packs.push({ ulid: ulidFromBytes(pack.subarray(0, 16)), size: pack.readUInt32LE(16), trailer })
  }
  ensure(at === b.length, 'the segment is too long')
  return { replaces, packs }
}
