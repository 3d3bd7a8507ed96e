import { CHECKSUMS } from './checksum.ts'
import { XvaFormatError, XvaTruncatedError } from './errors.ts'
import { ovaDisks } from './read-ova.ts'
import { parseTarHeader, TAR_BLOCK } from './tar-v7.ts'

/** What an archive is read from, forwards only. */
export interface ByteSource {
  /** Fills `target`. @returns the number of bytes filled: fewer only at the end */
  fill(target: Uint8Array): Promise<number>
  /** Passes over `length` bytes. @returns how many there were */
  skip(length: number): Promise<number>
  atEnd(): Promise<boolean>
}

/** One chunk of a wanted disk, or its end. `bytes` are reused for the next one. */
export type XvaPiece =
  | { vdiUuid: string; offset: number; bytes: Uint8Array; end?: never }
  | { vdiUuid: string; end: true; size: number }
  /** A disk begins that is not wanted. */
  | { vdiUuid: string; foreign: true; end?: never }

/** Bytes; a real ova.xml has some 100 KiB. */
const MAX_OVA = 64 * 1024 * 1024
/** Bytes; hosts write 1 MiB. */
const MAX_CHUNK = 16 * 1024 * 1024

const CHUNK_NAME = /^(Ref:\d+)\/(\d{8,})$/
const SUFFIXES = Object.values(CHECKSUMS)

/** The disk whose chunks are passing. */
interface Passing {
  directory: string
  vdiUuid: string
  /** bytes */
  size: number
  wanted: boolean
  /** Where the next chunk without a gap would lie. */
  offset: number
  /** Number of the last chunk. */
  number: number
}

/**
 * Reads an archive as `/export` of a host writes it, disk after disk, each chunk of a wanted disk proven by the checksum beside it.
 *
 * A chunk's place is found by adding up: the numbers that are missing stand for as many chunks of zeros, of the length of the first
 * chunk of the archive, and a chunk without data (sent so that a silent connection stays open) has a number but takes no room.
 *
 * @param isWanted by the UUID of the VDI as ova.xml has it; other disks are passed over
 * @throws {XvaFormatError} {@link XvaTruncatedError}
 */
export async function* readXva(
  source: ByteSource,
  isWanted: (vdiUuid: string) => boolean,
): AsyncGenerator<XvaPiece> {
  const entries = entriesOf(source)
  const disks = ovaDisks(await readOvaText(entries))
  const complete = new Set<string>()
  let scratch = Buffer.alloc(0)
  let unit = 0
  let passing: Passing | undefined

  const diskAt = (directory: string): Passing => {
    if (passing?.directory === directory) return passing
    if (passing) throw new XvaFormatError(`the disk ${passing.vdiUuid} is not complete`)
    const disk = disks.get(directory)
    if (!disk) throw new XvaFormatError(`it holds "${directory}", which its ova.xml does not name`)
    if (complete.has(directory)) throw new XvaFormatError(`the disk ${disk.vdiUuid} comes twice`)
    return { ...disk, directory, wanted: isWanted(disk.vdiUuid), offset: 0, number: -1 }
  }

  for (let entry = await entries.next(); entry; entry = await entries.next()) {
    const [, directory = '', digits = ''] = CHUNK_NAME.exec(entry.name) ?? []
    if (directory === '')
      throw new XvaFormatError(`it holds "${entry.name}", which is no chunk of a disk`)
    if (entry.size > MAX_CHUNK)
      throw new XvaFormatError(`the chunk ${entry.name} has ${entry.size} bytes`)
    const disk = diskAt(directory)
    if (disk !== passing && !disk.wanted) yield { vdiUuid: disk.vdiUuid, foreign: true }
    passing = disk
    const number = Number(digits)
    if (number <= disk.number) throw new XvaFormatError(`the chunk ${entry.name} is out of order`)
    unit ||= entry.size
    disk.offset += (number - disk.number - 1) * unit
    disk.number = number
    if (disk.offset + entry.size > disk.size)
      throw new XvaFormatError(`the chunk ${entry.name} lies behind the end of its disk`)
    if (disk.wanted) {
      if (scratch.length < entry.size) scratch = Buffer.allocUnsafeSlow(entry.size)
      const bytes = scratch.subarray(0, entry.size)
      await entries.read(entry, bytes)
      await verify(entries, entry.name, bytes)
      if (bytes.length > 0) yield { vdiUuid: disk.vdiUuid, offset: disk.offset, bytes }
    } else {
      await entries.pass(entry)
      await entries.pass(await checksumEntry(entries, entry.name))
    }
    disk.offset += entry.size
    if (disk.offset < disk.size) continue
    complete.add(directory)
    passing = undefined
    if (disk.wanted) yield { vdiUuid: disk.vdiUuid, end: true, size: disk.size }
  }
  if (passing) throw new XvaTruncatedError(`the disk ${passing.vdiUuid} is not complete`)
}

interface Entry {
  name: string
  /** bytes */
  size: number
}

type Entries = ReturnType<typeof entriesOf>

const entriesOf = (source: ByteSource) => {
  const header = Buffer.alloc(TAR_BLOCK)
  const fill = async (target: Uint8Array): Promise<void> => {
    if ((await source.fill(target)) < target.length)
      throw new XvaTruncatedError('it ends too early')
  }
  const skip = async (length: number): Promise<void> => {
    if ((await source.skip(length)) < length) throw new XvaTruncatedError('it ends too early')
  }
  const padding = (size: number) => (TAR_BLOCK - (size % TAR_BLOCK)) % TAR_BLOCK
  const isEmpty = () => header.every(byte => byte === 0)

  return {
    /** @returns undefined at the end of the archive, which is then proven to be the end of the stream */
    async next(): Promise<Entry | undefined> {
      await fill(header)
      if (isEmpty()) {
        await fill(header)
        if (!isEmpty() || !(await source.atEnd()))
          throw new XvaFormatError('data follows behind its end')
        return undefined
      }
      const entry = parseTarHeader(header)
      if (!entry) throw new XvaFormatError('the checksum of a tar header is wrong')
      return entry
    },
    /** @param target as long as the entry */
    async read({ size }: Entry, target: Uint8Array): Promise<void> {
      await fill(target)
      await skip(padding(size))
    },
    pass: ({ size }: Entry) => skip(size + padding(size)),
  }
}

const readOvaText = async (entries: Entries): Promise<string> => {
  const entry = await entries.next()
  if (entry?.name !== 'ova.xml' || entry.size > MAX_OVA)
    throw new XvaFormatError('it does not begin with ova.xml')
  const text = Buffer.alloc(entry.size)
  await entries.read(entry, text)
  return text.toString('utf8')
}

const checksumEntry = async (entries: Entries, chunk: string): Promise<Entry> => {
  const entry = await entries.next()
  if (!entry || !SUFFIXES.some(({ suffix }) => entry.name === `${chunk}${suffix}`))
    throw new XvaFormatError(`there is no checksum behind the chunk ${chunk}`)
  if (entry.size > TAR_BLOCK) throw new XvaFormatError(`the checksum of the chunk ${chunk} is none`)
  return entry
}

const verify = async (entries: Entries, chunk: string, bytes: Uint8Array): Promise<void> => {
  const entry = await checksumEntry(entries, chunk)
  const stated = Buffer.alloc(entry.size)
  await entries.read(entry, stated)
  const kind = SUFFIXES.find(({ suffix }) => entry.name.endsWith(suffix))
  if (kind?.of(bytes).toLowerCase() !== stated.toString('latin1').toLowerCase())
    throw new XvaFormatError(`the checksum of the chunk ${chunk} is wrong`)
}
