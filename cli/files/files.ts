import { resolve } from 'node:path'
import { type Entry, readEntries, readVolumes } from '#guest-files/answers.ts'
import { GuestReaderFailedError } from '#guest-files/errors.ts'
import { type Guest, withGuest } from '#guest-files/guest.ts'
import { type Note, notesOf } from '#guest-files/notes.ts'
import { closeAll, fetchedBy, offerDisks } from '#guest-files/offered-disks.ts'
import { relativePath } from '#guest-files/path.ts'
import { findTools } from '#guest-files/tools.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { count, formatBytes } from '../output/units.ts'
import { findDisk, findPoint, wantedDisks } from '../repo/find-point.ts'
import type { OpenFor } from '../serve/serve.ts'
import { stoppable } from '../stoppable.ts'
import { emptyFolder, extractInto, prepareFolder } from './extract.ts'
import { entryLine, volumeLines } from './text.ts'
import { removeUnread } from './unread.ts'

export interface FilesOptions {
  disk?: string
  volume?: string
  recursive?: true
  output?: string
}

interface Task {
  session: Session
  guest: Guest
  options: FilesOptions
  /** relative to the volume, without `.` or `..`; empty for all of it */
  path: string | undefined
}

/** What a task tells at its end. */
interface Outcome {
  event: string
  details: Record<string, unknown>
  lines: string[]
  notes: Note[]
}

/** Shows the volumes of a point, lists their files, or extracts them. @returns `partly` when something could not be read or written */
export const files = (
  session: Session,
  [wanted, place]: readonly [string, string | undefined],
  options: FilesOptions,
  openFor: OpenFor,
): Promise<ExitCode> => {
  const tools = findTools(session.host.env)
  const path = place === undefined ? undefined : relative(place)
  if (options.recursive && options.output !== undefined)
    throw new UsageError('-o takes all below a directory; leave out -r.')
  return stoppable(session.host, signal =>
    openFor(async repository => {
      const { host, json } = session
      const described = await findPoint(repository, wanted)
      const one = options.disk === undefined ? undefined : findDisk(described, options.disk)
      let broken = false
      const disks = wantedDisks(described, one)
      if (disks.length === 0) throw new UsageError('The point has no disk.')
      const offers = await offerDisks(repository, described, disks, sentence => {
        broken = true
        tell(host, sentence)
      })
      try {
        const exports = offers.map(({ offered }) => offered)
        const outcome = await withGuest(exports, tools, signal, guest =>
          perform({ session, guest, options, path }),
        )
        const fetched = fetchedBy(offers)
        const { event, details, lines, notes } = outcome
        const point = described.point.id
        if (json) printJson(host, { event, point, ...details, notes, fetched })
        else {
          print(host, ...lines)
          tell(host, ...notes.map(({ message }) => safeText(message)))
          tell(
            host,
            `${formatBytes(fetched.bytes)} were fetched from the repository, in ${count(fetched.requests, 'request')}.`,
          )
        }
        return broken || notes.some(({ trouble }) => trouble) ? ExitCode.partly : ExitCode.ok
      } finally {
        await closeAll(offers)
      }
    }),
  )
}

/** @throws `USAGE` */
const relative = (path: string): string => {
  const found = relativePath(path)
  if (found === undefined)
    throw new UsageError('A path within a volume has no "..".', 'Name the place itself.')
  return found
}

const perform = (task: Task): Promise<Outcome> => {
  const { options, path } = task
  if (options.output !== undefined) return extract(task, options.output)
  if (path === undefined && options.volume === undefined) return showVolumes(task)
  return list(task)
}

const showVolumes = async ({ guest }: Task): Promise<Outcome> => {
  const { answer: volumes, notes } = await guest.ask(['volumes'], readVolumes)
  return {
    event: 'volumes',
    details: { volumes },
    lines: volumeLines(volumes),
    notes: notesOf(notes),
  }
}

const list = async ({ session, guest, options, path = '' }: Task): Promise<Outcome> => {
  const { host, json } = session
  let entries = 0
  const show = (entry: Entry) => {
    entries++
    if (json) printJson(host, { event: 'entry', ...entry })
    else print(host, entryLine(entry, host.time))
  }
  // One directory in the order of its names. All below it as it comes: that may be millions.
  const directory: Entry[] = []
  const words = ['list', options.volume ?? '', options.recursive ? 'all' : '1', path]
  const asked = guest.ask(words, data =>
    readEntries(data, options.recursive ? show : entry => directory.push(entry)),
  )
  const { answer: whole, notes } = await asked.finally(() => {
    for (const entry of directory.sort((a, b) => (a.path < b.path ? -1 : 1))) show(entry)
  })
  if (!whole) throw new GuestReaderFailedError('the list ended too early')
  return { event: 'listed', details: { entries }, lines: [], notes: notesOf(notes) }
}

const extract = async ({ guest, options, path = '' }: Task, output: string): Promise<Outcome> => {
  const folder = resolve(output)
  await prepareFolder(folder)
  const words = ['tar', options.volume ?? '', path]
  const asked = guest.ask(words, data => extractInto(folder, data))
  const { answer, notes: heard } = await asked.catch(async error => {
    // It was empty before: half of a tree looks like all of it.
    await emptyFolder(folder)
    throw error
  })
  const notes = notesOf(heard)
  if (heard.some(note => note.endsWith('more of these'))) {
    await emptyFolder(folder)
    throw new GuestReaderFailedError('more than 10,000 files cannot be read; nothing was kept')
  }
  // tar fills with zeros what it cannot read.
  for (const { unread } of notes) if (unread !== undefined) await removeUnread(folder, unread)
  for (const { path: name, why } of answer.refused)
    notes.push({ trouble: true, message: `"${name}" was not written: ${why}.` })
  const { files: written, directories, links, bytes } = answer
  return {
    event: 'extracted',
    details: { directory: folder, files: written, directories, links, bytes },
    lines: [
      `${count(written, 'file')} (${formatBytes(bytes)}) and ${count(links, 'link')} are in ${safeText(folder)}.`,
    ],
    notes,
  }
}
