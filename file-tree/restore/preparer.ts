import type { Entry } from '../entry.ts'
import type { FileSystem, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import { ofHandle, ofName, removeLists, setAttributes } from './attributes.ts'
import type { Decision, Item, OnExisting } from './item.ts'
import { leaveOut, noOutcome, type Outcome } from './outcome.ts'
import type { TargetFolder } from './target-folder.ts'
import { endsAll, whyOf } from './target-trouble.ts'
import { AS_MADE, isUnfinished, mark } from './unfinished.ts'
import { isWhole, sameRights } from './whole.ts'

/** A folder of the target, on the way to the entry at hand. */
interface Above {
  path: RawText
  /** made just now: nothing is in it */
  empty: boolean
  /** made by this attempt or an earlier one that was cut off: what is in it is ours */
  ours: boolean
  ownerKnown: boolean
  /** It gives access lists of its own to what is made in it. */
  givesLists: boolean
  /** why nothing below it can be restored */
  closed?: 'kept' | 'failed'
}

interface Options {
  system: FileSystem
  target: TargetFolder
  onExisting: OnExisting
  /** of whoever runs this */
  user: { uid: number; gid: number }
  /** The target itself was made for this. */
  madeTarget: boolean
}

/** Goes before the writers, in the order of the tree: makes folders, and finds out what of everything else is to be made. */
export class Preparer {
  readonly #options: Options
  readonly #above: Above[] = []
  /** first names of files with several that are made anew: another name of what stands there now is no name of those */
  readonly #anew = new Set<RawText>()
  #outcome = noOutcome()

  constructor(options: Options) {
    this.#options = options
  }

  /**
   * @param entries the next ones, in their order, with owners as they are here
   * @returns a decision for each
   * @throws what ends the whole restore: no room, read-only
   */
  prepare(entries: readonly Entry[]): { decisions: Decision[]; outcome: Outcome } {
    this.#outcome = noOutcome()
    const decisions = entries.map(entry => this.#noted(entry, this.#decide(entry)))
    this.#options.target.forget()
    return { decisions, outcome: this.#outcome }
  }

  #noted(entry: Entry, decision: Decision): Decision {
    const isMade = typeof decision === 'object' && 'item' in decision
    if (isMade && entry.nlink > 1 && entry.hardLinkTo === undefined) this.#anew.add(entry.path)
    return decision
  }

  #decide(entry: Entry): Decision {
    this.#options.target.trim()
    const above = this.#aboveOf(entry.path)
    if (above?.closed) return this.#close(entry, above.closed)
    try {
      if (entry.path === '') return this.#root(entry)
      return entry.type === 'dir' ? this.#folder(entry, above) : this.#other(entry, above)
    } catch (error) {
      if (endsAll(error)) throw error
      this.#outcome.failed.push({ path: entry.path, code: codeOf(error) ?? '', why: whyOf(error) })
      return this.#close(entry, 'failed')
    }
  }

  /** @returns the folder that the entry lies in; none for the root */
  #aboveOf(path: RawText): Above | undefined {
    while (this.#above.length > 0) {
      const last = this.#above.at(-1) as Above
      if (path !== '' && (last.path === '' || path.startsWith(`${last.path}/`))) return last
      this.#above.pop()
    }
    return undefined
  }

  /** Nothing below a folder that is not there is looked at. */
  #close(entry: Entry, why: 'kept' | 'failed'): 'kept' | 'failed' {
    if (entry.type === 'dir') this.#above.push({ ...NOT_OURS, path: entry.path, closed: why })
    if (why === 'kept') this.#outcome.kept++
    return why
  }

  #root(entry: Entry): Decision {
    const { system, target, madeTarget, onExisting } = this.#options
    const handle = target.folder('')
    const status = system.statusOf(handle)
    const ours = madeTarget || this.#isUnfinished(status, entry)
    if (madeTarget) this.#withoutLists('')
    if (ours) mark(system, handle, entry)
    this.#enter('', status, { empty: madeTarget, ours })
    if (ours || onExisting === 'replace') return { folder: { ...item(entry), foreignLists: true } }
    return 'whole'
  }

  #folder(entry: Entry, above: Above | undefined): Decision {
    const { system, target, onExisting } = this.#options
    const { path } = entry
    const status = above?.empty ? undefined : this.#status(path)
    if (status?.type === 'dir') {
      const begun = this.#isUnfinished(status, entry)
      // It may have been cut off before it had the mark.
      if (begun) mark(system, target.folder(path), entry)
      const ours = begun || above?.ours === true
      this.#enter(path, status, { empty: false, ours })
      if (ours || onExisting === 'replace')
        return { folder: { ...item(entry), foreignLists: true } }
      return 'whole'
    }
    if (status && !above?.ours) {
      if (onExisting === 'keep') return this.#close(entry, 'kept')
      if (onExisting === 'fail') throw standsThere()
    }
    const { at, name } = target.place(path)
    if (status) {
      system.unlink(at, name)
      this.#outcome.replaced++
    }
    system.makeDirectory(at, name, AS_MADE)
    const made = target.folder(path)
    if (above?.givesLists) this.#withoutLists(path)
    mark(system, made, entry)
    this.#enter(path, system.statusOf(made), { empty: true, ours: true })
    return { folder: item(entry) }
  }

  #enter(path: RawText, status: Status, { empty, ours }: { empty: boolean; ours: boolean }): void {
    const { system, target } = this.#options
    const givesLists =
      !empty && system.xattrOf(target.folder(path), 'system.posix_acl_default') !== undefined
    this.#above.push({ path, empty, ours, givesLists, ownerKnown: this.#ownerKnown(status) })
  }

  /** A folder that was just made has no business with the access lists of the one above, which is no part of the tree. */
  #withoutLists(path: RawText): void {
    removeLists(ofHandle(this.#options.system, this.#options.target.folder(path)), [])
  }

  #other(entry: Entry, above: Above = { ...NOT_OURS, path: '' }): Decision {
    const { system, target, onExisting } = this.#options
    const { ours, ownerKnown, givesLists } = above
    const base = { ...item(entry), ownerKnown, foreignLists: givesLists }
    if (above.empty) return { item: { ...base, way: 'direct' } }
    const status = this.#status(entry.path)
    if (!status) return { item: { ...base, way: ours ? 'direct' : 'add' } }
    const place = target.place(entry.path)
    if (this.#isLinked(entry, status) || isWhole(system, place, status, entry)) {
      if ((ours || onExisting === 'replace') && !sameRights(status, entry))
        setAttributes(ofName(system, place), entry, status, (what, why) =>
          leaveOut(this.#outcome, { what, why, count: 1, example: entry.path }),
        )
      this.#outcome.whole++
      return 'whole'
    }
    if (!ours && onExisting === 'keep') return this.#close(entry, 'kept')
    if (!ours && onExisting === 'fail') throw standsThere()
    if (status.type === 'dir') system.removeDirectory(place.at, place.name)
    if (ours) return { item: { ...base, way: 'direct', stale: status.type !== 'dir' } }
    this.#outcome.replaced++
    return { item: { ...base, way: 'replace' } }
  }

  #isLinked({ hardLinkTo }: Entry, { inode, device }: Status): boolean {
    if (hardLinkTo === undefined || this.#anew.has(hardLinkTo)) return false
    const first = this.#status(hardLinkTo)
    return first?.inode === inode && first.device === device
  }

  #status(path: RawText): Status | undefined {
    const { system, target } = this.#options
    try {
      const { at, name } = target.place(path)
      return system.status(at, name)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  #isUnfinished(status: Status, entry: Entry): boolean {
    const { system, target, user } = this.#options
    const isEmpty = () => system.list(target.folder(entry.path)).length === 0
    return isUnfinished(status, entry, user.uid, isEmpty)
  }

  /** Some mounts, and folders with set-group-id, give new files the group of their folder. */
  #ownerKnown({ gid, mode }: Status): boolean {
    return gid === this.#options.user.gid && (mode & 0o2000) === 0
  }
}

const NOT_OURS = { empty: false, ours: false, ownerKnown: false, givesLists: false } as const

const item = (entry: Entry): Item => ({
  entry,
  way: 'direct',
  stale: false,
  ownerKnown: false,
  foreignLists: false,
})

const standsThere = () =>
  Object.assign(new Error('something else stands in its place'), { code: 'EEXIST' })
