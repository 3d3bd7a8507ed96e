import type { Entry, Xattr } from '../entry.ts'
import type { FileSystem, Status } from '../file-system.ts'
import { KeptAttributes } from '../kept-attributes.ts'
import type { RawText } from '../raw-text.ts'
import type { TargetFolder } from '../restore/target-folder.ts'
import { isWhole, sameTime } from '../restore/whole.ts'
import { codeOf } from '../system-error.ts'

/** What of an entry is not as in the point. */
export type Member =
  | 'type'
  | 'size'
  | 'content'
  | 'modified'
  | 'permissions'
  | 'owner'
  | 'link target'
  | 'device'
  | 'attributes'
  | 'hard link'

export type Difference = { path: RawText } & (
  | { what: 'missing' }
  /** in the folder, not in the point */
  | { what: 'extra' }
  | { what: 'differs'; members: Member[] }
  /** could not be looked at */
  | { what: 'unreadable'; why: string }
)

interface OpenFolder {
  path: RawText
  /** names in it that no entry spoke of yet; none where it is not there */
  names: Set<RawText> | undefined
}

/** An entry, and whether everything below it is asked for too. */
export interface Asked {
  entry: Entry
  /** Only on the way to what is asked for: not compared itself. */
  passing: boolean
}

/** Compares entries, in their order, with what a folder has. Reads no content. */
export class Comparer {
  readonly #system: FileSystem
  readonly #folder: TargetFolder
  readonly #attributes: KeptAttributes
  readonly #open: OpenFolder[] = []
  #found: Difference[] = []

  constructor(system: FileSystem, folder: TargetFolder) {
    this.#system = system
    this.#folder = folder
    this.#attributes = new KeptAttributes(system)
  }

  /**
   * @param asked the next entries; none: the end
   * @returns differences, and of which entries the content remains to be compared
   */
  compare(asked: readonly Asked[]): { differences: Difference[]; same: boolean[] } {
    this.#found = []
    const same = asked.map(each => this.#compare(each))
    if (asked.length === 0) this.#leave(undefined)
    return { differences: this.#found, same }
  }

  /** @returns whether what it holds should be the same, as far as this tells */
  #compare({ entry, passing }: Asked): boolean {
    this.#folder.trim()
    this.#leave(entry.path)
    const above = this.#open.at(-1)
    above?.names?.delete(entry.path.slice(entry.path.lastIndexOf('/') + 1))
    try {
      return this.#look(entry, passing)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#found.push({ path: entry.path, what: 'unreadable', why })
      if (entry.type === 'dir' && this.#open.at(-1)?.path !== entry.path)
        this.#open.push({ path: entry.path, names: undefined })
      return false
    }
  }

  #look(entry: Entry, passing: boolean): boolean {
    const { path } = entry
    const status = this.#status(path)
    const isFolder = entry.type === 'dir'
    if (isFolder) {
      const lists = status?.type === 'dir' && !passing
      const names = lists ? new Set(this.#system.list(this.#folder.folder(path))) : undefined
      this.#open.push({ path, names })
    }
    if (!status) {
      this.#found.push({ path, what: 'missing' })
      return false
    }
    if (passing) return false
    const members = this.#members(entry, status)
    if (members.length > 0) this.#found.push({ path, what: 'differs', members })
    return entry.type === 'file' && status.type === 'file' && status.size === entry.size
  }

  #members(entry: Entry, status: Status): Member[] {
    const members: Member[] = []
    const { path, type } = entry
    if (status.type !== type) return ['type']
    if (type === 'file' && status.size !== entry.size) members.push('size')
    if (type === 'symlink' && !isWhole(this.#system, this.#folder.place(path), status, entry))
      members.push('link target')
    if ((type === 'char' || type === 'block') && String(status.rdev) !== String(entry.rdev ?? []))
      members.push('device')
    if (!sameTime(this.#system, status, entry)) members.push('modified')
    if (type !== 'symlink' && status.mode !== entry.mode) members.push('permissions')
    if (status.uid !== entry.uid || status.gid !== entry.gid) members.push('owner')
    if (entry.hardLinkTo !== undefined) {
      const first = this.#status(entry.hardLinkTo)
      if (first?.inode !== status.inode || first.device !== status.device) members.push('hard link')
    } else if (!sameXattrs(entry.xattrs ?? [], this.#xattrs(path, status)))
      members.push('attributes')
    return members
  }

  /** As a backup asks for them, or what it has besides those that are listed would always differ. */
  #xattrs(path: RawText, { type, device }: Status): readonly Xattr[] {
    if (type === 'dir') {
      const folder = this.#folder.folder(path)
      this.#attributes.learn(folder, device)
      return this.#attributes.ofOpen(folder, device).kept
    }
    const { at, name } = this.#folder.place(path)
    if (type !== 'file' || !this.#attributes.hasUnlisted(device))
      return this.#attributes.ofName(at, name).kept
    const file = this.#system.openFile(at, name)
    try {
      return this.#attributes.ofOpen(file, device).kept
    } finally {
      this.#system.close(file)
    }
  }

  /** Names that are left in folders behind us are of the folder alone. */
  #leave(path: RawText | undefined): void {
    for (let last = this.#open.at(-1); last; last = this.#open.at(-1)) {
      const inside = last.path === '' ? path !== '' : path?.startsWith(`${last.path}/`)
      if (path !== undefined && inside) return
      this.#open.pop()
      for (const name of last.names ?? [])
        this.#found.push({ path: last.path === '' ? name : `${last.path}/${name}`, what: 'extra' })
    }
  }

  #status(path: RawText): Status | undefined {
    try {
      if (path === '') return this.#system.statusOf(this.#folder.folder(''))
      const { at, name } = this.#folder.place(path)
      return this.#system.status(at, name)
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error) ?? '')) return undefined
      throw error
    }
  }
}

const sameXattrs = (a: readonly Xattr[], b: readonly Xattr[]): boolean => {
  if (a.length !== b.length) return false
  const others = new Map(b)
  return a.every(([name, value]) => {
    const other = others.get(name)
    return other !== undefined && Buffer.compare(value, other) === 0
  })
}
