import { stat } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { isDamage } from '#core/errors/repository.ts'
import { TreeTargetUnusableError, TreeWriterLostError } from '#core/errors/tree-restore.ts'
import type { Entry } from '../entry.ts'
import { contradictionOf } from '../plausible.ts'
import { ContentReader } from '../restore/content-reader.ts'
import { type OwnerRule, Owners, type People } from '../restore/owners.ts'
import { whyOf } from '../restore/target-trouble.ts'
import { wantedOf } from '../restore/wanted.ts'
import { type SelectionRequest, selectionOf } from '../selection.ts'
import type { TreeSource } from '../tree-source.ts'
import type { CompareReply, CompareRequest } from './compare-thread.ts'
import type { Asked, Difference } from './comparer.ts'

export interface CompareRequestOfTree {
  folder: string
  selection: SelectionRequest
  owners: OwnerRule
  people: People
  /** also read what files of equal size hold, here and in the repository */
  content: boolean
  signal?: AbortSignal | undefined
}

export interface CompareReport {
  compared: number
  different: number
  /** data in the repository that could not be read, by path */
  damaged: string[]
}

const ENTRY = new URL('./compare-thread.ts', import.meta.url)

/**
 * Tells what differs between a tree of a point and a folder; changes neither.
 * @param found gets each difference, in the order of the tree
 * @throws `TREE_TARGET_UNUSABLE`, `TREE_WRITER_LOST`; what the store throws, and damage of the list of files
 */
export const compareTree = async (
  source: TreeSource,
  request: CompareRequestOfTree,
  found: (difference: Difference) => void,
): Promise<CompareReport> => {
  await assertFolder(request.folder)
  const worker = new Worker(ENTRY, {
    name: 'tree compare',
    stdin: false,
    workerData: request.folder,
  })
  const reader = new ContentReader((offset, length) => source.content(offset, length))
  try {
    return await compareWith(asker(worker), { source, request, reader, found })
  } finally {
    await reader.close()
    await end(worker)
  }
}

/** Lets it close what it has open: that outlives a thread that is ended from without. */
const end = async (worker: Worker): Promise<void> => {
  if (worker.threadId < 0) return
  const exited = new Promise(resolve => worker.once('exit', resolve))
  worker.postMessage({ op: 'close' } satisfies CompareRequest)
  await exited
}

const assertFolder = async (folder: string): Promise<void> => {
  const status = await stat(folder).catch(error => {
    throw new TreeTargetUnusableError(folder, whyOf(error), error)
  })
  if (!status.isDirectory()) throw new TreeTargetUnusableError(folder, 'it is no folder')
}

type Ask = (request: CompareRequest) => Promise<{ differences: Difference[]; same: boolean[] }>

/** One question at a time. */
const asker =
  (worker: Worker): Ask =>
  request =>
    new Promise((resolve, reject) => {
      const lost = (cause: unknown) => reject(new TreeWriterLostError(cause))
      worker.once('error', lost)
      worker.once('message', (reply: CompareReply) => {
        worker.off('error', lost)
        if ('failure' in reply) reject(Object.assign(new Error(), reply.failure))
        else resolve(reply)
      })
      worker.postMessage(request)
    })

interface Work {
  source: TreeSource
  request: CompareRequestOfTree
  reader: ContentReader
  found: (difference: Difference) => void
}

const AT_ONCE = 512 // entries

const compareWith = async (
  ask: Ask,
  { source, request, reader, found }: Work,
): Promise<CompareReport> => {
  const report: CompareReport = { compared: 0, different: 0, damaged: [] }
  const tell = (differences: readonly Difference[]) => {
    for (const difference of differences) found(difference)
    report.different += differences.length
  }
  const owners = new Owners(request.owners, request.people, {
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
  })
  const check = async (entry: Entry, until: number) => {
    const { path, size, holes, data } = entry
    if (contradictionOf(entry, source.size) !== undefined) {
      report.damaged.push(path)
      return
    }
    tell((await ask({ op: 'begin', file: { path, size, ...(holes && { holes }) } })).differences)
    let from = 0
    try {
      if (data)
        await reader.read({ ...data, until }, async bytes => {
          tell((await ask({ op: 'append', from, data: bytes })).differences)
          from += bytes.length
        })
    } catch (error) {
      if (!isDamage(error)) throw error
      report.damaged.push(path)
    }
    tell((await ask({ op: 'end' })).differences)
  }
  const { isAll } = selectionOf(request.selection)
  for await (const asked of groups(source, request.selection)) {
    request.signal?.throwIfAborted()
    const here: Asked[] = []
    for (const { entry, passing } of asked)
      here.push({ entry: await owners.localize(entry), passing })
    const { differences, same } = await ask({ op: 'compare', asked: here })
    tell(differences)
    report.compared += here.filter(({ passing }) => !passing).length
    if (!request.content) continue
    const files = here
      .map(({ entry }) => entry)
      .filter((entry, n) => same[n] && entry.hardLinkTo === undefined && !entry.problem)
    const last = files.findLast(({ data }) => data)?.data
    const until = isAll
      ? Number.POSITIVE_INFINITY
      : last
        ? Math.min(last.offset + last.length, source.size)
        : 0
    for (const file of files) await check(file, until)
  }
  tell((await ask({ op: 'compare', asked: [] })).differences)
  return report
}

/** What is only above of what is asked for is passed through. */
async function* groups(source: TreeSource, request: SelectionRequest): AsyncGenerator<Asked[]> {
  const wanted = selectionOf(request)
  for await (const group of wantedOf(source, request))
    for (let at = 0; at < group.length; at += AT_ONCE)
      yield group.slice(at, at + AT_ONCE).map(entry => ({ entry, passing: !wanted.wants(entry) }))
}
