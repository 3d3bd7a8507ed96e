import type { FileHandle } from 'node:fs/promises'
import { type DescribedDisk, type DescribedPoint, disksOf } from '#core/points/described-point.ts'
import { VHD_MAX_SIZE } from '#disk-formats/vhd/format.ts'
import { vhdImage } from '#disk-formats/vhd/image.ts'
import type { ChunkChecksum } from '#disk-formats/xva/checksum.ts'
import { xvaArchive } from '#disk-formats/xva/xva.ts'
import type { Point, PointStream, Repository } from '#repository/index.ts'
import { UsageError } from '../errors.ts'
import { quoted } from '../output/safe-text.ts'
import { formatBytes } from '../output/units.ts'
import { DiskTooLargeError, NoVmMetadataError } from './errors.ts'
import { findDisk } from './find-point.ts'
import { bytesOf, contentOf, writeSparse, writeThrough } from './write-disk.ts'

export const FORMATS = ['raw', 'vhd', 'xva'] as const
export type Format = (typeof FORMATS)[number]

/** Something of a point that can be written as one file. */
export interface Exportable {
  /** For people: `"data"`. */
  what: string
  disks?: readonly string[]
  /** where it is one */
  stream?: string
  /** bytes of disk */
  size: number
  /** What the file does not hold, one sentence each. */
  notes: readonly string[]
  write(file: FileHandle): Promise<void>
  /** The same in one piece after the other; each is the caller's until it asks for the next. */
  pieces(): AsyncIterable<Uint8Array>
}

export interface Asked {
  repository: Repository
  described: DescribedPoint<Point>
  /** number or id of a disk */
  disk: string | undefined
  checksum: ChunkChecksum
  /** when, milliseconds since 1970 */
  now: number
  signal: AbortSignal
  /** bytes of disk that are done */
  onProgress: (bytes: number) => void
}

/** @throws `USAGE`, `NO_VM_METADATA`, `DISK_TOO_LARGE`, damage of the map */
export const exportable = (format: Format, asked: Asked): Promise<Exportable> => {
  if (format === 'xva') return xva(asked)
  if (format !== 'raw' && asked.described.kind === 'component')
    throw new UsageError('This point holds files, not disks; --format raw writes them as they are.')
  return oneDisk(format, asked, findDisk(asked.described, asked.disk))
}

/** @throws `DISK_TOO_LARGE`, damage of the map */
export const oneDisk = async (
  format: 'raw' | 'vhd',
  { repository, described, signal, onProgress }: Asked,
  disk: DescribedDisk,
): Promise<Exportable> => {
  const { point } = described
  const about = { what: quoted(disk.name), disks: [disk.id], size: disk.size, notes: [] }
  if (format === 'raw') {
    return {
      ...about,
      write: file =>
        writeSparse(
          file,
          disk.size,
          write => repository.restoreDisk(point, disk.id, write, { signal }),
          onProgress,
        ),
      pieces: () => bytesOf(repository.readDisk(point, disk.id, { signal, lent: true })),
    }
  }
  if (disk.size > VHD_MAX_SIZE)
    throw new DiskTooLargeError(disk.name, formatBytes(VHD_MAX_SIZE), '--format raw')
  const image = vhdImage(await contentOf(repository, point, disk, onProgress))
  const pieces = () => image.stream(signal)
  return { ...about, write: file => writeThrough(file, pieces()), pieces }
}

/** A stream, byte for byte. */
export const oneStream = (
  { repository, described, signal, onProgress }: Omit<Asked, 'disk' | 'checksum' | 'now'>,
  { id, size }: PointStream,
): Exportable => {
  const pieces = async function* () {
    let done = 0
    for await (const piece of repository.readStream(described.point, id, { signal, lent: true })) {
      yield piece
      done += piece.length
      onProgress(done)
    }
  }
  return {
    what: quoted(id),
    stream: id,
    size,
    notes: [],
    write: f => writeThrough(f, pieces()),
    pieces,
  }
}

const xva = async ({
  repository,
  described,
  disk,
  checksum,
  now,
  signal,
  onProgress,
}: Asked): Promise<Exportable> => {
  if (disk !== undefined) throw new UsageError('An XVA holds the whole VM; --disk cannot be used.')
  if (described.kind !== 'vm') throw new NoVmMetadataError(described.point.id)
  const { point } = described
  const disks = disksOf(described)
  const contents = new Map<string, Awaited<ReturnType<typeof contentOf>>>()
  let before = 0
  let last = 0
  for (const each of disks)
    contents.set(
      each.id,
      await contentOf(repository, point, each, done => {
        if (done < last) before += last
        last = done
        onProgress(before + done)
      }),
    )
  const options = { checksum, time: Math.floor(now / 1000) }
  const archive = xvaArchive(described.subject.vm, contents, options)
  const pieces = () => archive.stream(signal)
  return {
    what: quoted(described.name),
    disks: disks.map(({ id }) => id),
    size: disks.reduce((sum, { size }) => sum + size, 0),
    notes: archive.notes,
    write: file => writeThrough(file, pieces()),
    pieces,
  }
}
