import { createHash } from 'node:crypto'
import type { Entry, Extent } from '../entry.ts'
import type { FileSystem, Handle } from '../file-system.ts'
import { filled, placed } from '../holes.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import { ofHandle, ofName, removeLists, setAttributes } from './attributes.ts'
import { type Item, PARTIAL } from './item.ts'
import { leaveOut, noOutcome, type Outcome } from './outcome.ts'
import type { Place, TargetFolder } from './target-folder.ts'
import { endsAll, whyOf } from './target-trouble.ts'

interface Options {
  system: FileSystem
  target: TargetFolder
  user: { uid: number; gid: number }
}

interface OpenFile {
  item: Item
  parts: readonly Extent[]
  handle: Handle | undefined
  /** its name until it is whole */
  made: RawText
}

const UNKNOWN_OWNER = { uid: -1, gid: -1 }

/** Makes files, links and devices in folders that are there. Everything it does is synchronous: it has a thread of its own. */
export class TreeWriter {
  readonly #options: Options
  readonly #open = new Map<number, OpenFile>()
  #outcome = noOutcome()

  constructor(options: Options) {
    this.#options = options
  }

  /** @returns what became of everything since the last call */
  takeOutcome(): Outcome {
    const outcome = this.#outcome
    this.#outcome = noOutcome()
    return outcome
  }

  /**
   * @param data of a file, holes left out
   * @throws what ends the whole restore: no room, read-only
   */
  make(item: Item, data: Uint8Array): void {
    this.#attempt(item.entry, () => {
      if (item.entry.type !== 'file') return this.#makeOther(item)
      const file = this.#create(item)
      try {
        this.#write(file, 0, data)
        this.#finish(file)
      } catch (error) {
        this.#discard(file)
        throw error
      }
    })
  }

  /** Begins a file that comes in several parts. @param number by which the parts name it */
  begin(number: number, item: Item): void {
    this.#attempt(item.entry, () => this.#open.set(number, this.#create(item)))
  }

  /** @param from where in the file's data the bytes begin, holes left out */
  append(number: number, from: number, bytes: Uint8Array): void {
    const file = this.#open.get(number)
    if (!file) return
    const written = this.#attempt(file.item.entry, () => this.#write(file, from, bytes))
    if (!written) this.abandon(number)
  }

  /** All its parts were given. */
  end(number: number): void {
    const file = this.#open.get(number)
    if (!file) return
    const done = this.#attempt(file.item.entry, () => this.#finish(file))
    if (done) this.#open.delete(number)
    else this.abandon(number)
  }

  /** Its data cannot be had: nothing of it stays. */
  abandon(number: number): void {
    const file = this.#open.get(number)
    if (file) this.#discard(file)
    this.#open.delete(number)
  }

  /** What was begun and not ended goes. */
  close(): void {
    for (const number of [...this.#open.keys()]) this.abandon(number)
  }

  /** The second name of a file that is there. */
  link({ entry, way, stale, first = '' }: Item): void {
    const { system, target } = this.#options
    this.#attempt(entry, () => {
      const from = target.place(first)
      const { at, name } = this.#placeOf(entry, way, stale)
      system.makeLink(from.at, from.name, at, name)
      this.#giveName(entry, way, at, name)
      this.#outcome.hardLinks++
    })
  }

  /** A folder that everything is in. */
  finishFolder({ entry, foreignLists }: Item): void {
    const { system, target } = this.#options
    this.#attempt(entry, () => {
      const setter = ofHandle(system, target.folder(entry.path))
      if (foreignLists) removeLists(setter, entry.xattrs ?? [])
      setAttributes(setter, entry, UNKNOWN_OWNER, (what, why) => this.#leaveOut(entry, what, why))
      this.#outcome.folders++
    })
  }

  /** Others may have exchanged folders in the meantime. */
  forgetFolders(): void {
    this.#options.target.forget()
  }

  #create(item: Item): OpenFile {
    const { system } = this.#options
    const place = this.#placeOf(item.entry, item.way, item.stale)
    const handle = system.createFile(place.at, place.name, 0o600)
    if (item.foreignLists) removeLists(ofHandle(system, handle), [])
    return { item, parts: filled(item.entry), handle, made: place.name }
  }

  #write({ handle, parts }: OpenFile, from: number, data: Uint8Array): void {
    if (handle === undefined) return
    for (const { offset, bytes } of placed(parts, from, data))
      this.#options.system.write(handle, bytes, offset)
  }

  #finish(file: OpenFile): void {
    const { system, target, user } = this.#options
    const { item, handle, made } = file
    const { entry, way, ownerKnown } = item
    if (handle === undefined) return
    // Where a hole is last, nothing was written up to the end.
    if (entry.holes) system.truncate(handle, entry.size)
    const now = ownerKnown ? user : UNKNOWN_OWNER
    setAttributes(ofHandle(system, handle), entry, now, (what, why) =>
      this.#leaveOut(entry, what, why),
    )
    // Before it has its name: what was written may be refused only now.
    file.handle = undefined
    system.closeWritten(handle)
    this.#giveName(entry, way, target.place(entry.path).at, made)
    this.#outcome.files++
    this.#outcome.bytes += entry.size
  }

  #discard({ item, handle, made }: OpenFile): void {
    const { system, target } = this.#options
    if (handle !== undefined) system.close(handle)
    quietly(() => system.unlink(target.place(item.entry.path).at, made))
  }

  #makeOther({ entry, way, stale, ownerKnown, foreignLists }: Item): void {
    const { system, user } = this.#options
    if (entry.type === 'socket') {
      this.#leaveOut(entry, 'socket', 'the program that listens there makes it again')
      return
    }
    const { at, name } = this.#placeOf(entry, way, stale)
    if (entry.type === 'symlink') system.makeSymlink(entry.target ?? '', at, name)
    else if (!this.#makeNode(entry, at, name)) return
    const setter = ofName(system, { at, name })
    if (foreignLists && entry.type !== 'symlink') removeLists(setter, [])
    setAttributes(setter, entry, ownerKnown ? user : UNKNOWN_OWNER, (what, why) =>
      this.#leaveOut(entry, what, why),
    )
    this.#giveName(entry, way, at, name)
    if (entry.type === 'symlink') this.#outcome.links++
    else this.#outcome.devices++
  }

  /** Who is not root may not make devices: told once, with how many there are. */
  #makeNode({ type, rdev = [0, 0], path }: Entry, at: Handle, name: string): boolean {
    if (type !== 'fifo' && type !== 'char' && type !== 'block') return false
    try {
      this.#options.system.makeNode(at, name, type, 0o600, rdev)
      return true
    } catch (error) {
      if (endsAll(error) || codeOf(error) === 'EEXIST') throw error
      leaveOut(this.#outcome, {
        what: 'device or pipe',
        why: whyOf(error),
        count: 1,
        example: path,
      })
      return false
    }
  }

  /** Where the entry is made: its own name, free by now, or one beside it. */
  #placeOf({ path }: Entry, way: Item['way'], stale: boolean): Place {
    const { system, target } = this.#options
    const { at, name } = target.place(path)
    if (way === 'direct') {
      if (stale) system.unlink(at, name)
      return { at, name }
    }
    const partial = PARTIAL + createHash('sha256').update(name, 'latin1').digest('hex').slice(0, 16)
    quietly(() => system.unlink(at, partial))
    return { at, name: partial }
  }

  #giveName({ path }: Entry, way: Item['way'], at: Handle, made: string): void {
    if (way === 'direct') return
    const { system } = this.#options
    const name = path.slice(path.lastIndexOf('/') + 1)
    try {
      if (way === 'replace') system.rename(at, made, name)
      else this.#addName(at, made, name)
    } finally {
      quietly(() => system.unlink(at, made))
    }
  }

  /** Never in the place of something else: a link fails there, where renaming would replace. */
  #addName(at: Handle, made: string, name: string): void {
    const { system } = this.#options
    try {
      system.makeLink(at, made, at, name)
    } catch (error) {
      // File systems without hard links (vfat) say one of these.
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? ''))
        throw error
      if (isThere(system, at, name))
        throw Object.assign(new Error('something else stands there'), { code: 'EEXIST' })
      system.rename(at, made, name)
    }
  }

  #leaveOut({ path }: Entry, ...[what, why]: Parameters<Parameters<typeof setAttributes>[3]>) {
    leaveOut(this.#outcome, { what, why, count: 1, example: path })
  }

  /** @returns whether it went well; else it is told by name */
  #attempt({ path }: Entry, work: () => unknown): boolean {
    this.#options.target.trim()
    try {
      work()
      return true
    } catch (error) {
      if (endsAll(error)) throw error
      this.#outcome.failed.push({ path, code: codeOf(error) ?? '', why: whyOf(error) })
      return false
    }
  }
}

const isThere = (system: FileSystem, at: Handle, name: string): boolean => {
  try {
    system.status(at, name)
    return true
  } catch {
    return false
  }
}

const quietly = (work: () => void): void => {
  try {
    work()
  } catch {
    // Nothing was there, or it cannot be helped.
  }
}
