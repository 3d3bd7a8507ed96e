import { ensure, view } from './bytes.ts'
import { PACK_KIND } from './kinds.ts'
import type { PackKind } from './names.ts'
import { decodePackKind } from './session-entry.ts'
import { ulidFromBytes, ulidToBytes } from './ulid.ts'

export interface PackRef {
  ulid: string
  kind: PackKind
  /** bytes of the object */
  size: number
}

/** What a point needs; docs/repository-format.md, section 8. */
export interface PackTable {
  /** by ulid */
  packs: Map<string, PackRef>
  /** per disk, and then per stream, in the order of the commit record: ulid to references */
  parts: Map<string, number>[]
}

const PACK_SIZE = 24 // bytes
const USE_SIZE = 8 // bytes

export const encodePackTable = ({ packs, parts }: PackTable): Buffer => {
  const ulids = [...packs.keys()].sort()
  const numbers = new Map(ulids.map((ulid, i) => [ulid, i]))
  const uses = parts.reduce((sum, part) => sum + part.size, 0)
  const out = Buffer.alloc(4 + ulids.length * PACK_SIZE + parts.length * 4 + uses * USE_SIZE)
  let at = out.writeUInt32LE(ulids.length, 0)
  for (const ulid of ulids) {
    const pack = packs.get(ulid) as PackRef
    out.set(ulidToBytes(ulid), at)
    out[at + 16] = PACK_KIND[pack.kind]
    at = out.writeUInt32LE(pack.size, at + 20)
  }
  for (const part of parts) {
    at = out.writeUInt32LE(part.size, at)
    for (const ulid of [...part.keys()].sort()) {
      at = out.writeUInt32LE(numbers.get(ulid) as number, at)
      at = out.writeUInt32LE(part.get(ulid) as number, at)
    }
  }
  return out
}

/**
 * @param partCount number of disks and streams in the commit record
 * @throws FormatError
 */
export const decodePackTable = (bytes: Uint8Array, partCount: number): PackTable => {
  const b = view(bytes)
  let at = 0
  const take = (size: number) => {
    ensure(at + size <= b.length, 'the pack table ends too early')
    at += size
    return at - size
  }
  const count = b.readUInt32LE(take(4))
  const list: PackRef[] = []
  for (let i = 0; i < count; i++) {
    const p = take(PACK_SIZE)
    const ulid = ulidFromBytes(b.subarray(p, p + 16))
    list.push({ ulid, kind: decodePackKind(b[p + 16]), size: b.readUInt32LE(p + 20) })
  }
  const parts = Array.from({ length: partCount }, () => {
    const uses = new Map<string, number>()
    const length = b.readUInt32LE(take(4))
    for (let i = 0; i < length; i++) {
      const u = take(USE_SIZE)
      const pack = list[b.readUInt32LE(u)]
      ensure(pack !== undefined, 'the pack table names a pack that it does not have')
      uses.set(pack.ulid, b.readUInt32LE(u + 4))
    }
    return uses
  })
  ensure(at === b.length, 'the pack table is too long')
  return { packs: new Map(list.map(pack => [pack.ulid, pack])), parts }
}
