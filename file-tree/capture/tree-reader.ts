import type { Entry } from '../entry.ts'
import type { FileSystem, Handle, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { Accounts } from './accounts.ts'
import { AttributeReader } from './attribute-reader.ts'
import { entryOf, isUnchanged } from './entry-of.ts'
import { FormerEntries } from './former-entries.ts'
import { HardLinks } from './hard-links.ts'
import { type Folder, OpenFolders } from './open-folders.ts'
import type { TreeOptions } from './options.ts'
import { Outbox, type Queued, UNDECIDED } from './outbox.ts'
import { Pieces } from './pieces.ts'
import { Place } from './place.ts'
import { readAgain } from './read-again.ts'
import { readFile } from './read-file.ts'
import { reasonOf } from './reasons.ts'
import { countKept, countRead, emptyReport, type TreeReport, tell } from './report.ts'
import { Selection } from './selection.ts'
import { type FromReader, failed, type ToReader } from './wire.ts'

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
  #fed: (() => void) | undefined
  #taken: (() => void) | undefined

  constructor(parts: ReaderParts) {
    const { options, system, send, memory, hasFormer } = parts
    this.#options = options
    this.#system = system
    this.#accounts = parts.accounts
    this.#now = parts.now
    this.#send = send
    this.#folders = new OpenFolders(system)
    this.#outbox = new Outbox(send, memory)
    this.#place = new Place(memory)
    this.#pieces = new Pieces(this.#outbox)
    this.#former = new FormerEntries(hasFormer, this.#pieces)
    this.#selection = new Selection(options, this.#report)
    this.#attributes = new AttributeReader(system, this.#report)
  }

  receive(message: ToReader): void {
    if (message.kind === 'former') this.#take(message.bytes)
    else if (message.kind === 'former lost') this.#giveUpFormer(message.reason)
    else if (message.kind === 'settled') this.#outbox.settle(message.number)
    else if (message.kind === 'refused') void this.#answerRefusal(message.keep)
    else this.#taken?.()
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
      await this.#readBroken()
      this.#pieces.endBundle()
      await this.#outbox.end()
      for (const lack of this.#system.lacks) this.#report.lacking.push(lack)
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
      ? former
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
    const former = await this.#formerOf(path)
    if (this.#pieces.held > 0 && this.#outbox.waiting > MOST_WAITING) this.#pieces.interrupt()
    const unchanged = isUnchanged(former, status) && !this.#options.reread ? former : undefined
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
    if (this.#selection.isElsewhere(before)) {
      tell(
        this.#report.otherFileSystems,
        path,
        'another file system is mounted there, and was not entered',
      )
      this.#outbox.queue({ ...base, device: before.device })
      return
    }
    let handle: Handle | undefined
    try {
      handle = this.#system.openDirectory(parent, name)
      const status = this.#system.statusOf(handle)
      const { device, inode } = status
      const made = this.#attributes.learn(handle, device)
      if (made !== undefined) {
        tell(
          this.#report.otherFileSystems,
          path,
          `the kernel makes it up (${made}), it was not entered`,
        )
        this.#system.close(handle)
        this.#outbox.queue(base)
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
    if (status.type === 'symlink') this.#report.symlinks += 1
    else this.#report.specials += 1
    if (unchanged) {
      unchanged.device = status.device
      this.#outbox.queue(unchanged)
      return
    }
    const entry = this.#entryOf(path, status)
    try {
      if (status.type === 'symlink') entry.target = this.#system.readLink(at, name)
    } catch (error) {
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
    await this.#readBroken()
    await this.#read(at, name, this.#outbox.queue(this.#entryOf(path, status), UNDECIDED), status)
  }

  #keep(unchanged: Entry): boolean {
    const queued: Queued = { entry: unchanged, batch: UNDECIDED }
    if (!this.#pieces.offer(queued)) return false
    this.#outbox.add(queued)
    return true
  }

  /** Unchanged files whose chunks cannot be kept, because others in them changed. */
  async #readBroken(): Promise<void> {
    for (const queued of this.#pieces.takeBroken()) {
      const names = queued.entry.path.split('/')
      const name = names.pop() as string
      countKept(this.#report, queued.entry, -1)
      try {
        const at = this.#folders.reach(names)
        try {
          await this.#read(at, name, queued, this.#system.status(at, name))
        } finally {
          this.#folders.leave(at)
        }
      } catch (error) {
        this.#noData(queued, reasonOf(error))
      }
    }
  }

  async #read(at: Handle, name: RawText, queued: Queued, before: Status): Promise<void> {
    const { path } = queued.entry
    const asOf = this.#now()
    const start = this.#outbox.position
    const bundled = this.#pieces.begin(before.size)
    const ask = (handle: Handle) => this.#attributes.ofOpen(handle, before.device)
    const read = await readFile(this.#system, this.#outbox, at, name, before, ask)
    this.#pieces.end(name, before.size, this.#outbox.position - start)
    this.#outbox.decide(queued)
    if (read.outcome === 'vanished') {
      queued.isGone = true
      this.#report.files -= 1
      this.#links.forget(before)
      tell(this.#report.vanished, path, 'it was gone before it could be read')
      return
    }
    if (read.outcome !== 'read') {
      this.#links.forget(before)
      const turned = 'it became something else meanwhile'
      return this.#noData(queued, read.outcome === 'failed' ? reasonOf(read.error) : turned)
    }
    const { status, size, offset, length, holes, changed } = read
    const entry = {
      ...entryOf(path, status, this.#accounts, asOf),
      size,
      xattrs: read.xattrs,
      holes,
    }
    queued.entry = entry
    if (length > 0) entry.data = { offset, length }
    if (length > 0 && bundled) entry.bundled = true
    if (changed) entry.changedWhileRead = true
    if (changed) tell(this.#report.changedWhileRead, path, 'it changed while it was read')
    this.#attributes.tellLost(path, read.lost)
    countRead(this.#report, length)
  }

  #noData(queued: Queued, reason: string): void {
    const { path } = queued.entry
    const problem = `its data could not be read: ${reason}`
    this.#outbox.decide(queued)
    queued.entry = { ...queued.entry, data: undefined, bundled: undefined, problem }
    tell(this.#report.unreadable, path, problem)
  }

  /** Chunks that the last point has lost, or never had: files are read although they did not change. */
  async #answerRefusal(keep: number): Promise<void> {
    try {
      for (const { entry } of this.#outbox.filesOf(keep)) {
        countKept(this.#report, entry, -1)
        await this.#sendAgain(entry)
        if (entry.changedWhileRead)
          tell(this.#report.changedWhileRead, entry.path, 'it changed while it was read')
        if (entry.problem) tell(this.#report.unreadable, entry.path, entry.problem)
        else countRead(this.#report, entry.data?.length ?? 0)
      }
      this.#send({ kind: 'again', cut: true, bytes: new Uint8Array(), last: true })
    } catch (error) {
      this.#send(failed(error))
    }
  }

  async #sendAgain(entry: Entry): Promise<void> {
    let cut = !entry.bundled
    for (const bytes of readAgain(this.#system, this.#folders, entry)) {
      const taken = new Promise<void>(resolve => {
        this.#taken = resolve
      })
      this.#send({ kind: 'again', cut, bytes, last: false })
      cut = false
      await taken
    }
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
}
