import type { FileSystem, Handle, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { Accounts } from './accounts.ts'
import type { AttributeReader } from './attribute-reader.ts'
import { entryOf } from './entry-of.ts'
import type { HardLinks } from './hard-links.ts'
import type { OpenFolders } from './open-folders.ts'
import type { Outbox, Queued } from './outbox.ts'
import { UNDECIDED } from './outbox.ts'
import type { Pieces } from './pieces.ts'
import { readFile } from './read-file.ts'
import { reasonOf } from './reasons.ts'
import { countKept, countRead, type TreeReport, tell } from './report.ts'

interface Parts {
  system: FileSystem
  folders: OpenFolders
  outbox: Outbox
  pieces: Pieces
  links: HardLinks
  attributes: AttributeReader
  report: TreeReport
  accounts: Accounts
  /** milliseconds since 1970 */
  now: () => number
}

/** Reads what files hold, and makes entries of what became of it. */
export class FileReader {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Unchanged files whose chunks cannot be kept, because others in them changed. */
  async readBroken(): Promise<void> {
    for (const queued of this.#parts.pieces.takeBroken()) {
      const { path, nlink, inode, device } = queued.entry
      countKept(this.#parts.report, queued.entry, -1)
      await this.#readByPath(queued)
      const { isGone, entry } = queued
      if (nlink > 1 && (isGone || entry.problem !== undefined || entry.inode !== inode))
        await this.#readByOtherName(path, { inode, device })
    }
  }

  async #readByPath(queued: Queued): Promise<void> {
    const names = queued.entry.path.split('/')
    const name = names.pop() as string
    try {
      const at = this.#parts.folders.reach(names)
      try {
        await this.read(at, name, queued, this.#parts.system.status(at, name))
      } finally {
        this.#parts.folders.leave(at)
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') this.#gone(queued)
      else this.#noData(queued, reasonOf(error))
    }
  }

  /** The file whose first path was this one is not there any more by it: the next of its names that were passed already has the data. */
  async #readByOtherName(path: RawText, file: Pick<Status, 'inode' | 'device'>): Promise<void> {
    const [next, ...others] = this.#parts.outbox.linkedTo(path)
    this.#parts.links.forget(file, next?.entry.path)
    if (!next) return
    const { hardLinkTo: _, ...entry } = next.entry
    next.entry = entry
    next.batch = UNDECIDED
    for (const other of others) other.entry.hardLinkTo = entry.path
    this.#parts.report.hardLinks -= 1
    this.#parts.report.files += 1
    await this.#readByPath(next)
    if (next.isGone || next.entry.problem !== undefined || next.entry.inode !== file.inode)
      await this.#readByOtherName(entry.path, file)
  }

  async read(at: Handle, name: RawText, queued: Queued, before: Status): Promise<void> {
    const { path } = queued.entry
    const asOf = this.#parts.now()
    const start = this.#parts.outbox.position
    const bundled = this.#parts.pieces.begin(before.size)
    const ask = (handle: Handle) => this.#parts.attributes.ofOpen(handle, before.device)
    const read = await readFile(this.#parts.system, this.#parts.outbox, at, name, before, ask)
    this.#parts.pieces.end(name, before.size, this.#parts.outbox.position - start)
    this.#parts.outbox.decide(queued)
    if (read.outcome === 'vanished') {
      this.#parts.links.forget(before)
      return this.#gone(queued)
    }
    if (read.outcome !== 'read') {
      this.#parts.links.forget(before)
      const turned = 'it became something else meanwhile'
      return this.#noData(queued, read.outcome === 'failed' ? reasonOf(read.error) : turned)
    }
    const { status, size, offset, length, holes, changed } = read
    this.#parts.links.read(before, status)
    const entry = {
      ...entryOf(path, status, this.#parts.accounts, asOf),
      size,
      xattrs: read.xattrs,
      holes,
    }
    queued.entry = entry
    if (length > 0) entry.data = { offset, length }
    if (length > 0 && bundled) entry.bundled = true
    if (changed) entry.changedWhileRead = true
    if (changed) tell(this.#parts.report.changedWhileRead, path, 'it changed while it was read')
    this.#parts.attributes.tellLost(path, read.lost)
    countRead(this.#parts.report, length)
  }

  #gone(queued: Queued): void {
    queued.isGone = true
    this.#parts.outbox.decide(queued)
    this.#parts.report.files -= 1
    tell(this.#parts.report.vanished, queued.entry.path, 'it was gone before it could be read')
  }

  #noData(queued: Queued, reason: string): void {
    const { path } = queued.entry
    const problem = `its data could not be read: ${reason}`
    this.#parts.outbox.decide(queued)
    queued.entry = { ...queued.entry, data: undefined, bundled: undefined, problem }
    tell(this.#parts.report.unreadable, path, problem)
  }
}
