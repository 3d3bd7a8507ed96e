import { ENTRY_TYPES, type Entry } from './entry.ts'
import { Has, HEADER } from './entry-format.ts'
import { ByteSink } from './varint.ts'

/** Writes entries one after the other. What it remembers does not grow with their number. */
export class EntryEncoder {
  readonly #out = new ByteSink(64 * 1024)
  readonly #body = new ByteSink(1024)
  #count = 0
  #path = ''
  #owner: Pick<Entry, 'uid' | 'gid' | 'user' | 'group'> = { uid: -1, gid: -1 }
  #device = -1n
  #dataEnd = 0

  constructor() {
    this.#out.append(HEADER)
  }

  /** bytes that `take` would give */
  get waiting(): number {
    return this.#out.length
  }

  add(entry: Entry): void {
    const body = this.#body
    const flags = this.#flagsOf(entry)
    body.clear()
    body.byte(ENTRY_TYPES.indexOf(entry.type))
    body.number(flags)
    const shared = sharedPrefix(this.#path, entry.path)
    body.number(shared)
    body.raw(entry.path, shared)
    body.number(entry.mode)
    body.number(entry.nlink)
    body.number(entry.size)
    body.signed64(entry.mtime)
    body.signed64(entry.ctime)
    body.unsigned64(entry.inode)
    if (flags & Has.owner) this.#addOwner(entry)
    if (flags & Has.device) body.unsigned64(entry.device)
    if (entry.type === 'symlink') body.raw(entry.target ?? '')
    if (entry.type === 'char' || entry.type === 'block')
      for (const half of entry.rdev ?? [0, 0]) body.number(half)
    this.#addRare(entry)
    if (entry.data) {
      body.number(entry.data.length)
      if (flags & Has.offset) body.number(entry.data.offset)
      this.#dataEnd = entry.data.offset + entry.data.length
    }
    if (entry.problem !== undefined) body.text(entry.problem)
    this.#out.number(body.length)
    this.#out.append(body.bytes)
    this.#path = entry.path
    this.#owner = entry
    this.#device = entry.device
    this.#count += 1
  }

  /** What was encoded since the last call, in memory of its own. */
  take(): Uint8Array {
    const bytes = new Uint8Array(this.#out.bytes)
    this.#out.clear()
    return bytes
  }

  /** @returns the last bytes; nothing may be added any more */
  end(): Uint8Array {
    this.#out.number(0)
    this.#out.number(this.#count)
    return this.take()
  }

  #flagsOf(entry: Entry): number {
    const before = this.#owner
    const sameOwner =
      entry.uid === before.uid &&
      entry.gid === before.gid &&
      entry.user === before.user &&
      entry.group === before.group
    let flags = sameOwner ? 0 : Has.owner
    if (entry.device !== this.#device) flags |= Has.device
    if (entry.hardLinkTo !== undefined) flags |= Has.hardLink
    if (entry.xattrs && entry.xattrs.length > 0) flags |= Has.xattrs
    if (entry.holes && entry.holes.length > 0) flags |= Has.holes
    if (entry.data) flags |= Has.data
    if (entry.data && entry.data.offset !== this.#dataEnd) flags |= Has.offset
    if (entry.changedWhileRead) flags |= Has.changedWhileRead
    if (entry.problem !== undefined) flags |= Has.problem
    if (entry.recent) flags |= Has.recent
    if (entry.bundled) flags |= Has.bundled
    return flags
  }

  #addOwner(entry: Entry): void {
    const body = this.#body
    body.number(entry.uid)
    body.number(entry.gid)
    body.text(entry.user ?? '')
    body.text(entry.group ?? '')
  }

  #addRare(entry: Entry): void {
    const body = this.#body
    if (entry.hardLinkTo !== undefined) body.raw(entry.hardLinkTo)
    if (entry.xattrs && entry.xattrs.length > 0) {
      body.number(entry.xattrs.length)
      for (const [name, value] of entry.xattrs) {
        body.raw(name)
        body.block(value)
      }
    }
    if (entry.holes && entry.holes.length > 0) {
      body.number(entry.holes.length)
      let end = 0
      for (const [offset, length] of entry.holes) {
        body.number(offset - end)
        body.number(length)
        end = offset + length
      }
    }
  }
}

const sharedPrefix = (a: string, b: string): number => {
  const most = Math.min(a.length, b.length)
  let at = 0
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at += 1
  return at
}
