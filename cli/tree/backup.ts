import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { ulidMaker } from '#core/ids.ts'
import type { TreeSubject } from '#core/points/tree-subject.ts'
import { captureTree } from '#file-tree/capture/capture-tree.ts'
import { prepareReader, type StartReader } from '#file-tree/capture/reader-link.ts'
import type { TreeReport } from '#file-tree/capture/report.ts'
import type { LockPolicy, Point, Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { quoted, safeText } from '../output/safe-text.ts'
import { formatBytes, formatDuration } from '../output/units.ts'
import { type RepositoryOptions, withRepository, world } from '../repo/open.ts'
import { stoppable } from '../stoppable.ts'
import { entryProgress } from './entry-progress.ts'
import { reportLines } from './report-lines.ts'
import { TREE, treeUuid } from './tree-name.ts'

export interface TreeBackupOptions extends RepositoryOptions {
  name: string
  exclude?: string[]
  include?: string[]
  oneFileSystem?: true
  /** bytes */
  maxFileSize?: number
  reread?: true
  lock?: LockPolicy
}

/** @returns `partly` when something could not be read: the point is there, and says so */
export const backup = (
  session: Session,
  folder: string,
  options: TreeBackupOptions,
): Promise<ExitCode> => {
  const vmUuid = treeUuid(options.name)
  const start = prepareReader()
  return stoppable(session.host, signal =>
    withRepository(session, options, repository =>
      writePoint(session, { repository, folder: resolve(folder), vmUuid, options, start, signal }),
    ),
  )
}

interface Work {
  repository: Repository
  folder: string
  vmUuid: string
  options: TreeBackupOptions
  start: StartReader
  signal: AbortSignal
}

const writePoint = async (session: Session, work: Work): Promise<ExitCode> => {
  const { repository, folder, vmUuid, options, start, signal } = work
  const { host, json } = session
  const taken = host.now()
  const base = await repository.latestPoint(vmUuid)
  const jobId = ulidMaker(world)()
  const writer = await repository.beginPoint({ jobId, vmUuid, base, lock: options.lock, signal })
  const progress = entryProgress(host, json)
  const { exclude, include, oneFileSystem, maxFileSize, reread } = options
  try {
    const report = await captureTree({
      ...{ point: writer, repository, base, name: TREE, start, signal },
      options: { root: folder, exclude, include, oneFileSystem, maxFileSize, reread },
      onProgress: seen => progress.update(seen),
    })
    signal.throwIfAborted()
    const point = await writer.commit(subjectOf(work, report, taken))
    progress.end()
    const seconds = (host.now() - taken) / 1000
    tellSaved(session, work, { point, base, report, seconds })
    return report.unreadable.count > 0 ? ExitCode.partly : ExitCode.ok
  } catch (error) {
    progress.end()
    await writer.abort()
    throw error
  }
}

const subjectOf = (
  { folder, options }: Work,
  { files, folders, bytes, read, notes }: TreeReport,
  taken: number,
): TreeSubject => ({
  format: 'file-tree',
  version: 1,
  name: options.name,
  tree: TREE,
  root: folder.slice(0, 4096),
  host: hostname().slice(0, 255),
  taken,
  files,
  folders,
  bytes,
  bytesRead: read.bytes,
  notes: notes.slice(0, 50).map(note => note.slice(0, 500)),
})

interface Saved {
  point: Point
  base: Point | undefined
  report: TreeReport
  seconds: number
}

const tellSaved = (
  { host, json }: Session,
  { folder, vmUuid, options: { name } }: Work,
  { point, base, report, seconds }: Saved,
): void => {
  const { newBytes, storedBytes, puts } = point.statistics
  const bytesStored = storedBytes + point.size
  if (json)
    printJson(host, {
      event: 'saved',
      point: point.id,
      name,
      vmUuid,
      ...(base && { base: base.id }),
      report,
      bytesNew: newBytes,
      bytesStored,
      puts,
      seconds,
    })
  else
    print(
      host,
      `Recovery point ${point.id} of ${quoted(name)}: ${safeText(folder)}, in ${formatDuration(seconds)}${base ? `, changes since ${base.id}` : ''}.`,
      ...reportLines(report),
      `  new     ${formatBytes(newBytes)}, stored as ${formatBytes(bytesStored)}`,
    )
}
