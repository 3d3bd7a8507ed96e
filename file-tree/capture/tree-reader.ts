import type { Entry } from '../entry.ts'
import type { FileSystem, Handle, Status } from '../file-system.ts'
import { type RawText, readable } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { Accounts } from './accounts.ts'
import { AttributeReader } from './attribute-reader.ts'
import { entryOf, isUnchanged } from './entry-of.ts'
import { FileReader } from './file-reader.ts'
import { FormerEntries } from './former-entries.ts'
import { HardLinks } from './hard-links.ts'
import { type Folder, OpenFolders } from './open-folders.ts'
import type { TreeOptions } from './options.ts'
import { Outbox, type Queued, UNDECIDED } from './outbox.ts'
import { Pieces } from './pieces.ts'
import { Place } from './place.ts'
import { reasonOf } from './reasons.ts'
import { Refusals } from './refusals.ts'
import { countKept, emptyReport, type TreeReport, tell } from './report.ts'
import { Selection } from './selection.ts'
import type { FromReader, ToReader } from './wire.ts'

/** Unchanged files wait for the end of their bundle in the last point's list; with so many entries behind them they wait no longer. */
const MOST_WAITING = 8192

export interface ReaderParts {
  options: TreeOptions
  hasFormer: boolean
  memory: SharedArrayBuffer
  system: FileSystem
  accounts: Accounts
  /** milliseconds since 1970 */
  now: () => number
  send: (message: FromReader) => void
}

/**
 * Walks a tree, decides what changed, reads it, and makes both streams of it. Calls of the system are synchronous; it waits only for those who
 * take what it makes.
 */
export class TreeReader {
  readonly #options: TreeOptions
  readonly #system: FileSystem
  readonly #accounts: Accounts
  readonly #now: () => number
  readonly #send: (message: FromReader) => void
  readonly #folders: OpenFolders
  readonly #outbox: Outbox
  readonly #pieces: Pieces
  readonly #former: FormerEntries
  readonly #links = new HardLinks()
  readonly #selection: Selection
  readonly #attributes: AttributeReader
  readonly #report = emptyReport()
  readonly #place: Place
  readonly #files: FileReader
  readonly #refusals: Refusals
  readonly #protected: Protected = { count: 0, first: '' }
  #fed: (() => void) | undefined

  constructor(parts: ReaderParts) {
    const { options, system, send, memory, hasFormer } = parts
    this.#options = options
    this.#system = system
    this.#accounts = parts.accounts
    this.#now = parts.now
    this.#send = send
    this.#folders = new OpenFolders(system, (folder, names) => this.#tellLost(folder, names))
    this.#outbox = new Outbox(send, memory)
    this.#place = new Place(memory)
    this.#pieces = new Pieces(this.#outbox)
    this.#former = new FormerEntries(hasFormer, this.#pieces)
    this.#selection = new Selection(options, this.#report)
    this.#attributes = new AttributeReader(system, this.#report)
    const shared = {
      ...{ system, folders: this.#folders, outbox: this.#outbox, report: this.#report },
      ...{ pieces: this.#pieces, links: this.#links, attributes: this.#attributes },
    }
    this.#files = new FileReader({ ...shared, accounts: parts.accounts, now: parts.now })
    this.#refusals = new Refusals({ ...shared, send })
  }

  receive(message: ToReader): void {
    if (message.kind === 'former') this.#take(message.bytes)
    else if (message.kind === 'former lost') this.#giveUpFormer(message.reason)
    else if (message.kind === 'settled') this.#outbox.settle(message.number)
    else if (message.kind === 'refused') void this.#refusals.answer(message.keep)
    else this.#refusals.more()
  }

  /** @throws where the root cannot be opened or read: there is no tree then */
  async run(): Promise<TreeReport> {
    try {
      await this.#openRoot()
      for (;;) {
        const folder = this.#folders.deepest
        const name = folder.names[folder.next++]
        // The root stays open to the end: what has to be read once more is found from there.
        if (name === undefined && folder.name === '') break
        if (name === undefined) this.#folders.pop()
        else await this.#visit(folder, name)
        const due = this.#outbox.sendWhenDue()
        if (due) await due
      }
      while (!this.#former.drain()) await this.#feed()
      await this.#files.readBroken()
      this.#pieces.endBundle()
      await this.#outbox.end()
      for (const lack of this.#system.lacks) this.#report.lacking.push(lack)
      this.#report.notes.push(...protectedNote(this.#protected), ...this.#accounts.notes())
      return this.#report
    } finally {
      this.#folders.close()
    }
  }

  async #openRoot(): Promise<void> {
    const handle = this.#system.openRoot(this.#options.root)
    const status = this.#system.statusOf(handle)
    const names = this.#system.list(handle).sort()
    this.#selection.device = status.device
    this.#attributes.learn(handle, status.device)
    const former = await this.#formerOf('')
    const { device, inode } = status
    this.#folders.push({ name: '', prefix: '', names, next: 0, device, inode, handle })
    const entry = isUnchanged(former, status)
      ? this.#named(former)
      : {
          ...this.#entryOf('', status),
          ...this.#attributes.tolerant('', () => this.#attributes.ofOpen(handle, device)),
        }
    this.#outbox.queue(entry)
    this.#report.folders += 1
  }

  async #visit(folder: Folder, name: RawText): Promise<void> {
    const at = folder.handle as Handle
    const path = folder.prefix + name
    this.#place.tell(path)
    const status = this.#statusOf(at, name, path)
    if (!status || this.#selection.leavesOut(path, status)) return
    if (status.protected) {
      this.#protected.first ||= readable(path)
      this.#protected.count += 1
    }
    const former = await this.#formerOf(path)
    if (this.#pieces.held > 0 && this.#outbox.waiting > MOST_WAITING) this.#pieces.interrupt()
    const unchanged =
      isUnchanged(former, status) && !this.#options.reread ? this.#named(former) : undefined
    if (status.type === 'dir') return this.#visitFolder(at, name, path, status, unchanged)
    const hardLinkTo = this.#links.firstOf(status, path)
    if (hardLinkTo !== undefined) {
      if (former) this.#pieces.missed(former)
      this.#outbox.queue({ ...this.#entryOf(path, status), hardLinkTo })
      this.#report.hardLinks += 1
      return
    }
    if (status.type === 'file') return this.#visitFile(at, name, path, status, former, unchanged)
    if (former) this.#pieces.missed(former)
    this.#visitSpecial(at, name, path, status, unchanged)
  }

  #statusOf(at: Handle, name: RawText, path: RawText): Status | undefined {
    try {
      return this.#system.status(at, name)
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        tell(this.#report.vanished, path, 'it was gone before it could be looked at')
      else tell(this.#report.unreadable, path, `left out: ${reasonOf(error)}`)
      return undefined
    }
  }

  #visitFolder(
    parent: Handle,
    name: RawText,
    path: RawText,
    before: Status,
    unchanged: Entry | undefined,
  ): void {
    this.#report.folders += 1
    const base = unchanged ?? this.#entryOf(path, before)
    const leave = (why: string) => {
      tell(this.#report.otherFileSystems, path, why)
      this.#outbox.queue({ ...base, device: before.device })
    }
    if (this.#selection.isElsewhere(before)) {
      leave(MOUNTED)
      return
    }
    let handle: Handle | undefined
    try {
      handle = this.#system.openDirectory(parent, name)
      const status = this.#system.statusOf(handle)
      const { device, inode } = status
      const made = this.#attributes.learn(handle, device)
      // What is mounted may have been mounted a moment ago.
      if (made !== undefined || this.#selection.isElsewhere(status)) {
        this.#system.close(handle)
        leave(made === undefined ? MOUNTED : `the kernel makes it up (${made}), it was not entered`)
        return
      }
      const names = this.#system.list(handle).sort()
      const opened = handle
      const entry =
        unchanged && inode === before.inode
          ? unchanged
          : {
              ...this.#entryOf(path, status),
              ...this.#attributes.tolerant(path, () => this.#attributes.ofOpen(opened, device)),
            }
      entry.device = device
      this.#outbox.queue(entry)
      this.#folders.push({ name, prefix: `${path}/`, names, next: 0, device, inode, handle })
    } catch (error) {
      if (handle !== undefined) this.#system.close(handle)
      if (codeOf(error) === 'ENOENT') {
        this.#report.folders -= 1
        tell(this.#report.vanished, path, 'it was gone before it could be listed')
        return
      }
      const problem = `what is in this folder could not be listed: ${reasonOf(error)}`
      tell(this.#report.unreadable, path, problem)
      this.#outbox.queue({ ...base, problem })
    }
  }

  #visitSpecial(
    at: Handle,
    name: RawText,
    path: RawText,
    status: Status,
    unchanged: Entry | undefined,
  ): void {
    const kind = status.type === 'symlink' ? 'symlinks' : 'specials'
    this.#report[kind] += 1
    if (unchanged) {
      unchanged.device = status.device
      this.#outbox.queue(unchanged)
      return
    }
    const entry = this.#entryOf(path, status)
    try {
      if (status.type === 'symlink') entry.target = this.#system.readLink(at, name)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') {
        this.#report[kind] -= 1
        this.#links.forget(status)
        tell(this.#report.vanished, path, 'it was gone before it could be read')
        return
      }
      entry.problem = `where this link leads could not be read: ${reasonOf(error)}`
      tell(this.#report.unreadable, path, entry.problem)
    }
    if (status.type === 'char' || status.type === 'block') entry.rdev = status.rdev
    this.#outbox.queue({
      ...entry,
      ...this.#attributes.tolerant(path, () => this.#attributes.ofName(at, name)),
    })
  }

  async #visitFile(
    at: Handle,
    name: RawText,
    path: RawText,
    status: Status,
    former: Entry | undefined,
    unchanged: Entry | undefined,
  ): Promise<void> {
    this.#report.files += 1
    if (unchanged) {
      unchanged.device = status.device
      if (!unchanged.data) this.#outbox.queue(unchanged)
      if (!unchanged.data || this.#keep(unchanged)) return countKept(this.#report, unchanged, 1)
    } else if (former) this.#pieces.missed(former)
    this.#pieces.interrupt()
    await this.#files.readBroken()
    await this.#files.read(
      at,
      name,
      this.#outbox.queue(this.#entryOf(path, status), UNDECIDED),
      status,
    )
  }

  #keep(unchanged: Entry): boolean {
    const queued: Queued = { entry: unchanged, batch: UNDECIDED }
    if (!this.#pieces.offer(queued)) return false
    this.#outbox.add(queued)
    return true
  }

  /** A folder that was closed, for so many were open, is not found again. */
  #tellLost({ prefix, names: all, next }: Folder, names: number): void {
    const [first = ''] = all.slice(next)
    tell(
      this.#report.unreadable,
      prefix.slice(0, -1),
      `it was moved or replaced while what is in it was read: ${names} of its names are left out, from ${readable(first)} on`,
    )
  }

  async #formerOf(path: RawText): Promise<Entry | undefined> {
    for (;;) {
      const former = this.#former.find(path)
      if (former !== 'starved') return former
      await this.#feed()
    }
  }

  async #feed(): Promise<void> {
    const fed = new Promise<void>(resolve => {
      this.#fed = resolve
    })
    this.#send({ kind: 'hungry' })
    await fed
  }

  #take(bytes: Uint8Array | undefined): void {
    try {
      this.#former.push(bytes)
      this.#fed?.()
    } catch (error) {
      this.#giveUpFormer(error instanceof Error ? error.message : String(error))
    }
  }

  #giveUpFormer(reason: string): void {
    this.#report.notes.push(
      `The list of files of the last point could not be read to its end (${reason}): from there on every file was read.`,
    )
    this.#pieces.interrupt()
    this.#former.giveUp()
    this.#fed?.()
  }

  #entryOf(path: RawText, status: Status): Entry {
    return entryOf(path, status, this.#accounts, this.#now())
  }

  /** Names come and go without a change of the file: a directory service that was down, an account that was renamed. */
  #named(entry: Entry): Entry {
    entry.user = this.#accounts.user(entry.uid) ?? entry.user
    entry.group = this.#accounts.group(entry.gid) ?? entry.group
    return entry
  }
}

const MOUNTED = 'another file system is mounted there, and was not entered'

interface Protected {
  count: number
  /** of them, for people */
  first: string
}

const protectedNote = ({ count, first }: Protected): string[] =>
  count === 0
    ? []
    : [
        `${count === 1 ? 'One entry is' : `${count} entries are`} immutable or append-only (chattr), as ${first}: these flags are not saved.`,
      ]
