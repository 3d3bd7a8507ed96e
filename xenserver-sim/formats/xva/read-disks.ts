import type { ForwardReader } from '../forward-reader.ts'
import { checksumKinds, checksumOf, checksumSuffix } from './chunk-checksum.ts'
import { readEntryData, readEntryHeader } from './read-entry.ts'
import { XvaError } from './xva-errors.ts'

export interface TargetDisk {
  /** The directory whose chunks are this disk's. */
  directory: string
  /** Bytes: the disk is complete when the chunks reach it. */
  size: number
  write(offset: number, data: Buffer): Promise<void>
}

export interface ReadOptions {
  /** Go on where a checksum is wrong. */
  force?: boolean
  /** False for archives without inline checksums (export_vsn 0). */
  checksums?: boolean
  onProgress?(fraction: number): void
}

/**
 * Reads the chunks of every disk, in the text order of their directories, and stops after the last one: the end of the
 * archive stays unread. A chunk's place is found by adding up lengths and gaps in the numbers, never as number × 1 MiB:
 * a keep-alive chunk has a number and no length.
 *
 * @throws IMPORT_ERROR_PREMATURE_EOF, IMPORT_ERROR_UNEXPECTED_FILE, IMPORT_ERROR_SOME_CHECKSUMS_FAILED, IMPORT_ERROR
 */
export async function readDisks(
  reader: ForwardReader,
  disks: TargetDisk[],
  options: ReadOptions = {},
): Promise<void> {
  const byName = [...disks].sort((a, b) => (a.directory < b.directory ? -1 : 1))
  const total = disks.reduce((sum, disk) => sum + disk.size, 0)
  let before = 0
  // The unit of a gap, for every disk: the length of the very first chunk of the archive.
  let unit = 0
  for (const disk of byName) {
    let offset = 0
    let last = -1
    while (offset < disk.size) {
      const chunk = await readEntryHeader(reader)
      const number = chunkNumber(chunk.name, disk.directory)
      if (number <= last) throw new XvaError('IMPORT_ERROR', 'Invalid XVA file')
      const data = await readEntryData(reader, chunk)
      if (options.checksums ?? true) await verify(reader, chunk.name, data, options.force ?? false)
      unit ||= data.length
      offset += (number - last - 1) * unit
      if (data.length > 0) await disk.write(offset, data)
      offset += data.length
      last = number
      options.onProgress?.((before + Math.min(offset, disk.size)) / total)
    }
    before += disk.size
  }
}

function chunkNumber(name: string, directory: string): number {
  const digits = name.slice(directory.length + 1)
  if (name.startsWith(`${directory}/`) && /^\d{8,}$/.test(digits)) return Number(digits)
  throw new XvaError('IMPORT_ERROR_UNEXPECTED_FILE', `${directory}/`, name)
}

async function verify(
  reader: ForwardReader,
  chunkName: string,
  data: Buffer,
  force: boolean,
): Promise<void> {
  const entry = await readEntryHeader(reader)
  const kind = checksumKinds.find(each => entry.name === `${chunkName}${checksumSuffix(each)}`)
  if (!kind) {
    throw new XvaError('IMPORT_ERROR_UNEXPECTED_FILE', `${chunkName}.xxhash`, entry.name)
  }
  const stated = (await readEntryData(reader, entry)).toString()
  const right = stated.toLowerCase() === checksumOf(kind, data).toLowerCase()
  if (!right && !force) throw new XvaError('IMPORT_ERROR_SOME_CHECKSUMS_FAILED')
}
