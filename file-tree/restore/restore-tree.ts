import { XenkeepError } from '#core/errors/base.ts'
import {
  TreeTargetFullError,
  TreeTargetReadOnlyError,
  TreeTargetTakenError,
  TreeTargetUnusableError,
} from '#core/errors/tree-restore.ts'
import type { Entry } from '../entry.ts'
import { contradictionOf } from '../plausible.ts'
import { readable } from '../raw-text.ts'
import { type SelectionRequest, selectionOf } from '../selection.ts'
import { codeOf } from '../system-error.ts'
import type { TreeSource } from '../tree-source.ts'
import { ContentReader } from './content-reader.ts'
import { Distributor } from './distributor.ts'
import { Finishing } from './finishing.ts'
import { HardLinks } from './hard-links.ts'
import type { Decision, Item, OnExisting } from './item.ts'
import { add, leaveOut, noOutcome, type Outcome } from './outcome.ts'
import { type OwnerRule, Owners, type People } from './owners.ts'
import { prepareTarget } from './prepare-target.ts'
import { RestoreThread } from './restore-threads.ts'
import { whyOf } from './target-trouble.ts'
import { wantedOf } from './wanted.ts'

export interface RestoreRequest {
  /** a folder; made if need be */
  target: string
  onExisting: OnExisting
  owners: OwnerRule
  /** everything, where nothing is named */
  selection: SelectionRequest
  people: People
  /** threads that write */
  writers?: number
  signal?: AbortSignal | undefined
  /** told now and then: bytes of the content that are dealt with */
  progress?: (bytes: number) => void
}

/** Entries that are prepared at once, and how many such groups go ahead of those that are written. */
const PREPARED = { entries: 512, ahead: 3 }

const WRITERS = 2

/** bytes: what is not wanted between two files is read over rather than begun anew behind it */
const WORTH_A_START = 256 * 1024

/**
 * Restores a tree of files, or parts of it. May be cut off anywhere and run again: what is whole is not read a second time.
 * @returns what became of it all; what failed and what had to be left out is named there
 * @throws `TREE_TARGET_TAKEN`, `TREE_TARGET_FULL`, `TREE_TARGET_READ_ONLY`, `TREE_TARGET_UNUSABLE`, `TREE_WRITER_LOST`, `OWNERS_UNANSWERED`; what the store throws, and damage of the list of files
 */
export const restoreTree = async (
  source: TreeSource,
  request: RestoreRequest,
): Promise<Outcome> => {
  const { target, onExisting, writers = WRITERS } = request
  const user = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  const { made, empty } = await prepareTarget(target)
  const setup = { target, onExisting, user, madeTarget: made }
  const threads = Array.from({ length: writers + 1 }, () => new RestoreThread(setup))
  const [first, ...others] = threads as [RestoreThread, ...RestoreThread[]]
  try {
    if (onExisting === 'fail' && !empty) await assertFree(source, request, first)
    const restore = new TreeRestore(source, request, { first, others, user })
    return await restore.run()
  } catch (error) {
    throw asTargetError(target, error)
  } finally {
    await Promise.all(threads.map(thread => thread.close()))
  }
}

const assertFree = async (
  source: TreeSource,
  { target, selection }: RestoreRequest,
  thread: RestoreThread,
): Promise<void> => {
  let found = { count: 0, paths: [] as string[] }
  for await (const entries of wantedOf(source, selection))
    found = (await thread.ask({ op: 'survey', entries })).survey ?? found
  if (found.count > 0)
    throw new TreeTargetTakenError(target, found.count, found.paths.map(readable))
}

interface Crew {
  /** goes ahead and comes last */
  first: RestoreThread
  others: readonly RestoreThread[]
  user: { uid: number; gid: number }
}

interface Prepared {
  entries: Entry[]
  decisions: Decision[]
}

class TreeRestore {
  readonly #source: TreeSource
  readonly #request: RestoreRequest
  readonly #crew: Crew
  readonly #owners: Owners
  readonly #links = new HardLinks()
  readonly #outcome = noOutcome()
  readonly #folders: Item[] = []
  readonly #finishing: Finishing
  readonly #distributor: Distributor
  readonly #reader: ContentReader
  readonly #sent = new Set<Promise<void>>()
  #failure: unknown
  #done = 0

  constructor(source: TreeSource, request: RestoreRequest, crew: Crew) {
    this.#source = source
    this.#request = request
    this.#crew = crew
    this.#owners = new Owners(request.owners, request.people, crew.user)
    this.#reader = new ContentReader((offset, length) => source.content(offset, length))
    this.#finishing = new Finishing(items => this.#finish(items))
    this.#distributor = new Distributor({
      threads: crew.others,
      reader: this.#reader,
      finishing: this.#finishing,
      took: outcome => add(this.#outcome, outcome),
      failed: error => this.#fail(error),
      read: bytes => this.#advance(bytes),
    })
  }

  async run(): Promise<Outcome> {
    try {
      for await (const prepared of this.#prepareAhead()) await this.#restore(prepared)
      await this.#distributor.flush()
      this.#leaveFolders(undefined)
      await Promise.all(this.#crew.others.map(thread => thread.wait()))
      this.#finishing.flush()
      await Promise.all(this.#sent)
      if (this.#failure !== undefined) throw this.#failure
      return this.#outcome
    } finally {
      await this.#reader.close()
    }
  }

  /** Asks for some groups before the one that is due is written. */
  async *#prepareAhead(): AsyncGenerator<Prepared> {
    const ahead: Promise<Prepared>[] = []
    try {
      for await (const entries of this.#groups()) {
        const prepared = this.#prepare(entries)
        prepared.catch(() => undefined)
        ahead.push(prepared)
        if (ahead.length > PREPARED.ahead) yield await (ahead.shift() as Promise<Prepared>)
      }
      while (ahead.length > 0) yield await (ahead.shift() as Promise<Prepared>)
    } finally {
      await Promise.allSettled(ahead)
    }
  }

  async *#groups(): AsyncGenerator<Entry[]> {
    for await (const group of wantedOf(this.#source, this.#request.selection))
      for (let at = 0; at < group.length; at += PREPARED.entries) {
        const entries: Entry[] = []
        for (const entry of group.slice(at, at + PREPARED.entries))
          entries.push(await this.#owners.localize(entry))
        yield entries
      }
  }

  /** Asks at once: the thread decides in the order of the tree. */
  async #prepare(entries: Entry[]): Promise<Prepared> {
    const { decisions = [], outcome } = await this.#crew.first.ask({ op: 'prepare', entries })
    if (outcome) add(this.#outcome, outcome)
    return { entries, decisions }
  }

  async #restore({ entries, decisions }: Prepared): Promise<void> {
    const untils = this.#untilOf(decisions)
    for (const [index, entry] of entries.entries()) {
      this.#request.signal?.throwIfAborted()
      if (this.#failure !== undefined) throw this.#failure
      this.#leaveFolders(entry)
      const decision = decisions[index] ?? 'failed'
      if (typeof decision === 'object') await this.#make(decision, entry, untils[index] ?? 0)
      else {
        if (decision === 'whole') this.#links.restored(entry)
        else this.#links.absent(entry)
        this.#advance(entry.data?.length ?? 0)
      }
    }
  }

  async #make(decision: Exclude<Decision, string>, entry: Entry, until: number): Promise<void> {
    if ('folder' in decision) {
      this.#folders.push(decision.folder)
      if (entry.problem !== undefined) this.#tellProblem(entry)
      return
    }
    const resolved = this.#links.resolve(entry)
    if (!resolved || resolved.problem !== undefined) this.#tellProblem(resolved ?? entry)
    if (!resolved || (resolved.problem !== undefined && !resolved.data && resolved.size > 0)) return
    const contradiction = contradictionOf(resolved, this.#source.size)
    if (contradiction !== undefined) {
      const { path } = entry
      const failure = {
        path,
        code: 'TREE_LIST_INVALID',
        why: contradiction,
        damaged: true,
      } as const
      this.#outcome.failed.push(failure)
      return
    }
    if (resolved.changedWhileRead)
      leaveOut(this.#outcome, {
        what: 'state of one moment',
        why: 'it was written to while it was backed up',
        count: 1,
        example: entry.path,
      })
    const { item } = decision
    if (resolved.hardLinkTo !== undefined) {
      // Its first name may still be in the pack that is being filled.
      this.#finishing.add({ ...item, entry: resolved, first: resolved.hardLinkTo })
      return
    }
    this.#links.restored(resolved)
    await this.#distributor.add({ ...item, entry: resolved }, until)
  }

  /** What the backup could not read cannot come back. */
  #tellProblem({ path, problem }: Entry): void {
    const why = problem ?? 'the point does not hold the file that it is another name of'
    this.#outcome.failed.push({ path, code: 'NOT_IN_POINT', why })
  }

  /** Folders that the entry is not in are complete. */
  #leaveFolders(entry: Entry | undefined): void {
    for (let last = this.#folders.at(-1); last; last = this.#folders.at(-1)) {
      const { path } = last.entry
      if (entry && (path === '' || entry.path.startsWith(`${path}/`))) return
      this.#folders.pop()
      this.#finishing.add(last)
    }
  }

  /** For each: how far the content is read on without a gap that is worth a new start. */
  #untilOf(decisions: readonly Decision[]): number[] {
    const isAll = decisions.every(decision => typeof decision === 'object' || decision === 'failed')
    const endless = isAll && selectionOf(this.#request.selection).isAll
    let next = { offset: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY }
    const untils = decisions.toReversed().map(decision => {
      const data = typeof decision === 'object' && 'item' in decision && decision.item.entry.data
      if (endless || !data) return next.until
      const end = Math.min(data.offset + data.length, this.#source.size)
      const goesOn = next.offset >= end && next.offset - end <= WORTH_A_START
      next = { offset: data.offset, until: goesOn ? next.until : end }
      return next.until
    })
    return untils.toReversed()
  }

  #finish(items: Item[]): void {
    const sent = this.#crew.first.ask({ op: 'finish', items }).then(
      ({ outcome }) => {
        if (outcome) add(this.#outcome, outcome)
      },
      error => this.#fail(error),
    )
    this.#sent.add(sent)
    void sent.then(() => this.#sent.delete(sent))
  }

  #fail(error: unknown): void {
    this.#failure ??= error
  }

  #advance(bytes: number): void {
    this.#done += bytes
    this.#request.progress?.(this.#done)
  }
}

/** What ended all, in words of ours. */
const asTargetError = (target: string, error: unknown): unknown => {
  if (error instanceof XenkeepError) return error
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new TreeTargetFullError(target, error)
    case 'EROFS':
      return new TreeTargetReadOnlyError(target, error)
    case 'ENODEV':
    case 'ESTALE':
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
      return new TreeTargetUnusableError(target, whyOf(error), error)
    default:
      return error
  }
}
