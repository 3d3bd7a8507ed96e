import { constants } from 'node:fs'
import {
  chmod,
  type FileHandle,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { type Header, extract as untar } from 'tar-stream'
import { asOutputError, OutputUnwritableError } from '../repo/output-file.ts'

export interface Extracted {
  files: number
  directories: number
  links: number
  /** bytes of files */
  bytes: number
  /** what was not written, and why */
  refused: { path: string; why: string }[]
}

const REFUSED_TOLD = 1000

/**
 * Unpacks an archive that nobody vouches for: whatever it says, nothing is written outside of `folder`, through a link, or over something.
 * Owners, set-user-ID bits and devices are not restored. Links and the times of directories come last.
 * @param folder made if need be, else empty
 * @throws `OUTPUT_FULL`, `OUTPUT_UNWRITABLE`
 */
export const extractInto = async (folder: string, data: Readable): Promise<Extracted> => {
  const result: Extracted = { files: 0, directories: 0, links: 0, bytes: 0, refused: [] }
  const links: Later = []
  const folders: Later = []
  const refuse = (path: string, why: string) => {
    if (result.refused.length < REFUSED_TOLD) result.refused.push({ path, why })
  }
  const archive = untar()
  data.on('error', error => archive.destroy(error))
  data.pipe(archive)
  try {
    for await (const entry of archive) {
      const { header } = entry
      const progress = { result, links, folders }
      const why = await unlessThere(() =>
        place(folder, header, entry as unknown as AsyncIterable<Buffer>, progress),
      )
      if (why) refuse(header.name, why)
      entry.resume()
    }
    // What a directory holds changes its time: the innermost first, when all is there.
    for (const { path, work } of [...links, ...folders.reverse()]) {
      const why = await unlessThere(work)
      if (why) refuse(path, why)
    }
  } catch (error) {
    throw asOutputError(folder, error)
  }
  return result
}

/** @throws `OUTPUT_UNWRITABLE` */
export const prepareFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true })
    if ((await readdir(folder)).length > 0)
      throw new OutputUnwritableError(folder, 'the directory is not empty')
  } catch (error) {
    throw asOutputError(folder, error)
  }
}

/** Removes what is in it, and leaves it. */
export const emptyFolder = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder))
    await rm(join(folder, name), { recursive: true, force: true })
}

type Later = { path: string; work: () => Promise<undefined> }[]

/** @returns why it was not written: a file system that is made to harm may hold a name twice, or one that this one cannot have */
const unlessThere = async (
  work: () => Promise<string | undefined>,
): Promise<string | undefined> => {
  try {
    return await work()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return 'something of this name is there already'
    // What is no UTF-8 in a guest's name takes more bytes here.
    if (code === 'ENAMETOOLONG') return 'its name is too long'
    throw error
  }
}

interface Progress {
  result: Extracted
  links: Later
  folders: Later
}

/** @returns why it was not written */
const place = async (
  folder: string,
  header: Header,
  content: AsyncIterable<Buffer>,
  { result, links, folders }: Progress,
): Promise<string | undefined> => {
  const parts = partsOf(header.name)
  if (!parts) return 'its name leads out of the directory'
  const mtime = header.mtime?.getTime() ? header.mtime : new Date(0) // one of an archive may be no date at all
  const path = join(folder, ...parts)
  if (header.type === 'directory') {
    const why = await parentsOf(folder, parts)
    if (why) return why
    if (parts.length > 0) result.directories++
    folders.push({
      path: header.name,
      work: async () => {
        await chmod(path, (header.mode ?? 0o755) & 0o777)
        await utimes(path, mtime, mtime)
        return undefined
      },
    })
    return undefined
  }
  if (parts.length === 0) return 'it has no name'
  const why = await parentsOf(folder, parts.slice(0, -1))
  if (why) return why
  if (header.type === 'symlink') {
    const target = header.linkname ?? ''
    links.push({
      path: header.name,
      work: async () => {
        await symlink(target, path)
        await lutimes(path, mtime, mtime)
        result.links++
        return undefined
      },
    })
    return undefined
  }
  if (header.type === 'link') {
    const target = partsOf(header.linkname ?? '')
    if (!target || (await parentsOf(folder, target.slice(0, -1)))) return 'its other name leads out'
    const other = join(folder, ...target)
    if (!(await lstat(other).catch(() => undefined))?.isFile()) return 'its other name is no file'
    await link(other, path)
    result.files++
    return undefined
  }
  if (header.type !== 'file' && header.type !== 'contiguous-file') return 'it is no file'
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
  try {
    await writeHoley(file, content)
    await file.chmod((header.mode ?? 0o644) & 0o777)
    await file.utimes(mtime, mtime)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
  result.files++
  result.bytes += header.size ?? 0
  return undefined
}

/** @returns the names on the way, or `undefined` where they lead out */
const partsOf = (name: string): string[] | undefined => {
  if (name.startsWith('/') || name.includes('\0')) return undefined
  const parts = name.split('/').filter(part => part !== '' && part !== '.')
  return parts.includes('..') ? undefined : parts
}

/** Makes the directories on the way. @returns why that cannot be */
const parentsOf = async (folder: string, parts: readonly string[]): Promise<string | undefined> => {
  let at = folder
  for (const part of parts) {
    at = join(at, part)
    const there = await lstat(at).catch(() => undefined)
    if (!there) await mkdir(at, 0o700)
    else if (!there.isDirectory()) return 'something that is no directory is in its way'
  }
  return undefined
}

const HOLE = 64 * 1024

/** What is zero for long is left out. */
const writeHoley = async (file: FileHandle, content: AsyncIterable<Buffer>): Promise<void> => {
  let at = 0
  for await (const piece of content) {
    for (let start = 0; start < piece.length; start += HOLE) {
      const part = piece.subarray(start, start + HOLE)
      if (!isZero(part)) {
        for (let done = 0; done < part.length; )
          done += (await file.write(part, done, part.length - done, at + start + done)).bytesWritten
      }
    }
    at += piece.length
  }
  await file.truncate(at)
}

const ZEROS = Buffer.alloc(HOLE)
const isZero = (part: Buffer): boolean => part.equals(ZEROS.subarray(0, part.length))
