import { ensure, equal } from '#repository/format/bytes.ts'
import { ENTRY_TYPES, type Entry, type Extent, type Xattr } from './entry.ts'
import { ALL_FLAGS, Has, HEADER, MAX_BODY } from './entry-format.ts'
import { ByteSource } from './varint.ts'

/** Reads what `EntryEncoder` wrote, in pieces of any size. What it remembers does not grow with the number of entries. */
export class EntryDecoder {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  #begun = false
  #count = 0
  #announced: number | undefined
  #path = ''
  #owner: Pick<Entry, 'uid' | 'gid' | 'user' | 'group'> = { uid: 0, gid: 0 }
  #device = 0n
  #dataEnd = 0

  /** Gives more bytes; they must not change until all entries of them were read. */
  push(bytes: Uint8Array): void {
    const more = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const rest = this.#bytes.subarray(this.#at)
    this.#bytes = rest.length === 0 ? more : Buffer.concat([rest, more])
    this.#at = 0
  }

  /** Whether the end was read: nothing comes any more. */
  get isAtEnd(): boolean {
    return this.#announced !== undefined
  }

  /**
   * @returns the next entry; none where more bytes are needed, or all were read
   * @throws `FormatError` where the bytes are none of an `EntryEncoder`, or of a later version
   */
  next(): Entry | undefined {
    if (!this.#begin() || this.#announced !== undefined) return undefined
    const start = this.#wholeBody()
    if (start === undefined) return undefined
    const [at, length] = start
    if (length === 0) return this.#endOf(at)
    const body = new ByteSource(this.#bytes, at, at + length)
    const entry = this.#decode(body)
    ensure(body.isAtEnd, 'an entry is longer than its members')
    this.#at = at + length
    this.#count += 1
    return entry
  }

  /** @throws `FormatError` unless the end was read */
  end(): void {
    ensure(this.#announced !== undefined, 'the list of files ends in the middle')
    ensure(
      this.#at === this.#bytes.length,
      'there is something behind the end of the list of files',
    )
  }

  #begin(): boolean {
    if (this.#begun) return true
    if (this.#bytes.length < HEADER.length) return false
    const header = this.#bytes.subarray(0, HEADER.length)
    ensure(equal(header.subarray(0, 6), HEADER.subarray(0, 6)), 'this is no list of files')
    ensure(
      equal(header, HEADER),
      `the list of files is of version ${header.readUInt16LE(6)}, which this program does not know`,
    )
    this.#at = HEADER.length
    this.#begun = true
    return true
  }

  /** @returns where the next body starts, and its length, when all of it is there */
  #wholeBody(): [number, number] | undefined {
    let at = this.#at
    let length = 0
    let factor = 1
    for (;;) {
      if (at >= this.#bytes.length) return undefined
      const byte = this.#bytes[at++] ?? 0
      length += (byte & 127) * factor
      ensure(length <= MAX_BODY, 'an entry is too large')
      if (byte < 128) break
      factor *= 128
    }
    return at + length <= this.#bytes.length ? [at, length] : undefined
  }

  #endOf(at: number): undefined {
    let end = at
    while (end < this.#bytes.length && (this.#bytes[end] ?? 0) >= 128) end += 1
    if (end >= this.#bytes.length) return undefined
    const announced = new ByteSource(this.#bytes, at, end + 1).number()
    ensure(announced === this.#count, `${announced} entries were written, ${this.#count} are here`)
    this.#announced = announced
    this.#at = end + 1
  }

  #decode(body: ByteSource): Entry {
    const type = ENTRY_TYPES[body.byte()]
    ensure(type !== undefined, 'an entry is of a type that this program does not know')
    const flags = body.number()
    ensure((flags & ~ALL_FLAGS) === 0, 'an entry has members that this program does not know')
    const shared = body.number()
    ensure(shared <= this.#path.length, 'a path shares more than there is')
    const path = this.#path.slice(0, shared) + body.raw()
    ensure(!LEADS_ELSEWHERE.test(path), 'a path has names that no folder can hold')
    const entry: Entry = {
      path,
      type,
      mode: body.number(),
      uid: 0,
      gid: 0,
      user: undefined,
      group: undefined,
      nlink: body.number(),
      size: body.number(),
      mtime: body.signed64(),
      ctime: body.signed64(),
      inode: body.unsigned64(),
      device: 0n,
    }
    if (flags & Has.owner) this.#owner = ownerOf(body)
    entry.uid = this.#owner.uid
    entry.gid = this.#owner.gid
    entry.user = this.#owner.user
    entry.group = this.#owner.group
    if (flags & Has.device) this.#device = body.unsigned64()
    entry.device = this.#device
    if (type === 'symlink') entry.target = body.raw()
    if (type === 'char' || type === 'block') entry.rdev = [body.number(), body.number()]
    if (flags & Has.hardLink) entry.hardLinkTo = body.raw()
    if (flags & Has.xattrs) entry.xattrs = xattrsOf(body)
    if (flags & Has.holes) entry.holes = holesOf(body)
    if (flags & Has.data) entry.data = this.#dataOf(body, flags)
    if (flags & Has.problem) entry.problem = body.text()
    if (flags & Has.changedWhileRead) entry.changedWhileRead = true
    if (flags & Has.recent) entry.recent = true
    if (flags & Has.bundled) entry.bundled = true
    this.#path = path
    return entry
  }

  #dataOf(body: ByteSource, flags: number): { offset: number; length: number } {
    const length = body.number()
    const offset = flags & Has.offset ? body.number() : this.#dataEnd
    this.#dataEnd = offset + length
    return { offset, length }
  }
}

/** Names that are empty, `.` or `..`, and zeros: whoever restores puts names together. */
const LEADS_ELSEWHERE = /^\/|(?:^|\/)\.{1,2}(?:\/|$)|\/(?:\/|$)|\0/

const ownerOf = (body: ByteSource) => ({
  uid: body.number(),
  gid: body.number(),
  user: body.text() || undefined,
  group: body.text() || undefined,
})

const xattrsOf = (body: ByteSource): Xattr[] => {
  const xattrs: Xattr[] = []
  for (let left = body.number(); left > 0; left--) xattrs.push([body.raw(), body.block()])
  return xattrs
}

const holesOf = (body: ByteSource): Extent[] => {
  const holes: Extent[] = []
  let end = 0
  for (let left = body.number(); left > 0; left--) {
    const offset = end + body.number()
    const length = body.number()
    holes.push([offset, length])
    end = offset + length
  }
  return holes
}

/**
 * @param source the stream `NAME/entries`, in pieces of any size
 * @returns its entries in groups, in their order
 * @throws `FormatError`, and what the source throws
 */
export async function* decodeEntries(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry[]> {
  const decoder = new EntryDecoder()
  for await (const bytes of source) {
    decoder.push(bytes)
    const group: Entry[] = []
    for (let entry = decoder.next(); entry; entry = decoder.next()) group.push(entry)
    if (group.length > 0) yield group
  }
  decoder.end()
}
