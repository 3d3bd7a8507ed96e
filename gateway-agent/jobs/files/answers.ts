import { basename } from 'node:path/posix'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { MOST_DOWNLOADED, MOST_LISTED } from '#core/contracts/files-answers.ts'
import type { FilesQuestion } from '#core/contracts/guest-files.ts'
import { readVolumes } from '#guest-files/answers.ts'
import {
  GuestFileNotFoundError,
  GuestFileUnreadableError,
  GuestReaderFailedError,
} from '#guest-files/errors.ts'
import { firstByName } from '#guest-files/first-by-name.ts'
import type { Guest } from '#guest-files/guest.ts'
import { readMeasured } from '#guest-files/measured.ts'
import { type Note, notesOf } from '#guest-files/notes.ts'
import { relativePath } from '#guest-files/path.ts'
import { tarEnd, withoutEnd } from '#guest-files/tar-end.ts'
import type { Parts } from './parts.ts'

interface Asked {
  guest: Guest
  parts: Parts
  signal: AbortSignal
  /** What went wrong with the disks meanwhile, sentences. */
  troubles: readonly string[]
}

type Place = Extract<FilesQuestion, { what: 'list' }>

/** Answers one question. @returns how many parts the answer has */
export const answer = (ask: FilesQuestion, asked: Asked): Promise<number> => {
  switch (ask.what) {
    case 'volumes':
      return volumes(asked)
    case 'list':
      return list(ask, asked)
    case 'download':
      return download(ask, asked)
  }
}

const volumes = async ({ guest, parts, signal, troubles }: Asked): Promise<number> => {
  const { answer: found, notes } = await guest.ask(['volumes'], readVolumes, signal)
  await parts.header({ what: 'volumes', type: 'json', name: 'volumes' })
  await parts.write(Buffer.from(JSON.stringify({ volumes: found })))
  return parts.end(trailerOf(notesOf(notes), troubles))
}

const list = async (
  { volume, path }: Place,
  { guest, parts, signal, troubles }: Asked,
): Promise<number> => {
  const words = ['list', volume, '1', wordOf(path)]
  const take = (data: Readable) => firstByName(data, MOST_LISTED)
  const { answer: found, notes } = await guest.ask(words, take, signal)
  if (!found.whole) throw new GuestReaderFailedError('the list ended too early')
  await parts.header({ what: 'list', volume, path, type: 'json', name: nameOf({ volume, path }) })
  for (const [index, { path: at, target, ...entry }] of found.entries.entries()) {
    const line = {
      name: basename(at),
      ...entry,
      ...(target !== undefined && { target: target.slice(0, TARGET) }),
    }
    await parts.write(Buffer.from(`${index === 0 ? '{"entries":[' : ','}${JSON.stringify(line)}`))
  }
  const begin = found.entries.length === 0 ? '{"entries":[' : ''
  await parts.write(Buffer.from(`${begin}],"total":${found.total}}`))
  const unreadable = found.entries.filter(({ path: at }) => at.includes('\ufffd')).length
  const told = notesOf(notes)
  if (unreadable > 0)
    told.push({
      trouble: false,
      message: `${unreadable} of the names are not UTF-8: such a file cannot be downloaded by itself; download its folder.`,
    })
  return parts.end(trailerOf(told, troubles))
}

const TARGET = 1_000 // characters of a link's target

const download = async (
  { volume, path }: Pick<Place, 'volume' | 'path'>,
  { guest, parts, signal, troubles }: Asked,
): Promise<number> => {
  const about = { what: 'download' as const, volume, path, name: nameOf({ volume, path }) }
  const take = async (data: Readable): Promise<'file' | 'tar' | 'unopened' | undefined> => {
    const measured = await readMeasured(data)
    if (!measured) return undefined
    const { type, content, tar } = measured
    if (type === 'f') {
      return (await sendFile(tar, parts, about)) ? 'file' : 'unopened'
    }
    await parts.header({ ...about, type: 'tar', content })
    for await (const piece of withoutEnd(tar)) await parts.write(piece)
    return 'tar'
  }
  const words = ['tar', volume, wordOf(path), String(MOST_DOWNLOADED)]
  const { answer: type, notes } = await guest.ask(words, take, signal)
  if (!type) throw new GuestReaderFailedError('nothing came of it')
  if (notes.some(note => note.endsWith('more of these')))
    throw new GuestReaderFailedError('more than 10,000 files cannot be read')
  const told = notesOf(notes)
  if (type === 'unopened') {
    const why = told.find(({ trouble }) => trouble)?.message ?? 'it cannot be opened.'
    throw new GuestFileUnreadableError(path, troubles[0] ?? why)
  }
  const unread = told.flatMap(note => note.unread ?? [])
  if (type === 'tar') {
    await parts.write(await tarEnd(unread.length === 0 ? undefined : notRead(unread)))
  } else if (unread.length > 0)
    throw new GuestFileUnreadableError(path, troubles[0] ?? 'a part of it is damaged.')
  return parts.end(trailerOf(told, troubles))
}

/** Goes with the archive wherever it goes. */
const notRead = (unread: readonly string[]) => ({
  name: './XENKEEP-NOT-READ.txt',
  text: [
    'These files could not be read to their end. They are in this archive, with zeros where they are unread: do not use them.',
    '',
    ...unread.map(name => JSON.stringify(name)),
    '',
  ].join('\n'),
})

/** The one member of the archive, without what is around it. @returns whether there was one: a file that cannot be opened is not put into it */
const sendFile = async (
  tar: AsyncIterable<Buffer>,
  parts: Parts,
  about: { what: 'download'; volume: string; path: string; name: string },
): Promise<boolean> => {
  let found = false
  const archive = extract()
  const data = Readable.from(tar)
  data.on('error', error => archive.destroy(error))
  data.pipe(archive)
  for await (const entry of archive) {
    const { type, size = 0, mtime } = entry.header
    if (type !== 'file' && type !== 'contiguous-file') throw new GuestFileNotFoundError(about.path)
    found = true
    const modified = mtime?.getTime()
    await parts.header({
      ...about,
      type: 'file',
      size,
      ...(modified !== undefined && modified >= 0 && { modified }),
    })
    for await (const piece of entry as unknown as AsyncIterable<Buffer>) await parts.write(piece)
  }
  return found
}

const wordOf = (path: string): string => {
  const word = relativePath(path)
  if (word === undefined) throw new GuestFileNotFoundError(path)
  return word
}

const nameOf = ({ volume, path }: { volume: string; path: string }): string =>
  basename(wordOf(path)) || volume

const MOST_NOTES = 200
const MESSAGE = 1_000 // characters
const UNREAD = 6 * 1024 * 1024 // bytes of all paths as they are sent, so that they fit into one part beside the notes

const trailerOf = (notes: readonly Note[], troubles: readonly string[]) => {
  const all = [...troubles.map(message => ({ trouble: true, message })), ...notes]
  const told = all
    .slice(0, MOST_NOTES)
    .map(({ trouble, message }) => ({ trouble, message: message.slice(0, MESSAGE) }))
  const more = all.length - told.length
  if (more > 0) told.push({ trouble: true, message: `There are ${more} more messages like these.` })
  const unread = notes.flatMap(note => note.unread ?? [])
  if (Buffer.byteLength(JSON.stringify(unread)) > UNREAD)
    throw new GuestReaderFailedError('too many files cannot be read')
  return { notes: told, unread }
}
