import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { ulidMaker } from '#core/ids.ts'
import type { ImageSubject } from '#core/points/image-subject.ts'
import type { LockPolicy, Point, PointWriter, Repository } from '#repository/index.ts'
import type { Session } from '../command.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson } from '../host.ts'
import { quoted } from '../output/safe-text.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { BitmapFormatError, changedChunks, parseBitmap } from './changed-bitmap.ts'
import { BitmapInvalidError, NoBasePointError } from './errors.ts'
import { imageUuid } from './image-name.ts'
import { type ImageFile, openImage } from './image-reader.ts'
import { type RepositoryOptions, withDisksOf, world } from './open.ts'
import { byteProgress } from './progress.ts'
import { chunksWithout, unfinishedImport } from './resume-import.ts'

export interface ImportOptions extends RepositoryOptions {
  name: string
  changed?: string
  /** bytes */
  chunkSize?: number
  compression?: 1 | 3
  resume?: true
  lock?: LockPolicy
}

/** The id of the only disk of an image's points. */
export const IMAGE_DISK = 'image'

const DEFAULT_CHUNK = 1024 * 1024 // bytes

/** Which chunks to read, and what the others are taken from. */
interface Plan {
  chunkSize: number
  chunks: number[]
  base?: Point
}

/** Feeds a raw disk image to the repository as a recovery point. */
export const importImage = async (
  session: Session,
  path: string,
  options: ImportOptions,
): Promise<ExitCode> => {
  const vmUuid = imageUuid(options.name)
  const image = await openImage(path)
  const tuning = options.compression === undefined ? {} : { compressionLevel: options.compression }
  try {
    return await stoppable(session.host, signal =>
      withDisksOf(
        session,
        options,
        repository => writePoint(session, { repository, image, path, vmUuid, options, signal }),
        { tuning },
      ),
    )
  } finally {
    await image.close()
  }
}

interface Import {
  repository: Repository
  image: ImageFile
  path: string
  vmUuid: string
  options: ImportOptions
  signal: AbortSignal
}

const writePoint = async (session: Session, work: Import): Promise<ExitCode> => {
  const { repository, image, vmUuid, options, signal } = work
  const { host, json } = session
  const taken = host.now()
  const plan = await planOf(work)
  const { chunkSize, base } = plan
  const about = { vmUuid, name: options.name, diskId: IMAGE_DISK, source: image.identity }
  const unfinished = options.resume
    ? await unfinishedImport(session, repository, { ...about, size: image.size, chunkSize })
    : undefined
  const jobId = unfinished ?? ulidMaker(world)()
  const writer = await repository.beginPoint({ jobId, vmUuid, base, lock: options.lock })
  const again = base ? await writer.rereads(IMAGE_DISK) : []
  const chunks = withRereads(plan, again, image.size)
  const progress = byteProgress(host, json, Math.min(chunks.length * chunkSize, image.size))
  try {
    const keep = base !== undefined && again !== 'all'
    const disk = await writer.disk({
      diskId: IMAGE_DISK,
      size: image.size,
      chunkSize,
      keep,
      source: image.identity,
    })
    const { resumedBytes = 0 } = writer.statistics
    let done = resumedBytes
    const bytesRead = await image.readChunks(chunksWithout(chunks, chunkSize, disk.done), {
      chunkSize,
      signal,
      buffer: () => disk.buffer(),
      giveBack: buffer => disk.giveBack(buffer),
      visit: async (offset, { length, bytes }) => {
        if (bytes) await disk.write(offset, bytes)
        else await disk.zero(offset, length)
        done += length
        progress.update(done)
      },
    })
    const { rootHash } = await disk.finish()
    signal.throwIfAborted()
    const subject: ImageSubject = {
      format: 'image',
      version: 1,
      name: options.name,
      taken,
      incremental: keep,
      bytesRead,
    }
    const point = await writer.commit(subject)
    progress.end()
    const seconds = (host.now() - taken) / 1000
    report(session, work, { point, writer, chunkSize, base, rootHash, bytesRead, seconds })
    return ExitCode.ok
  } catch (error) {
    progress.end()
    await writer.abort()
    throw error
  }
}

interface Imported {
  point: Point
  writer: PointWriter
  chunkSize: number
  base: Point | undefined
  rootHash: string
  bytesRead: number
  seconds: number
}

const report = (
  { host, json }: Session,
  { options, path, vmUuid, image }: Import,
  { point, writer, chunkSize, base, rootHash, bytesRead, seconds }: Imported,
): void => {
  const { newBytes, storedBytes, zeroBytes, packs, puts, resumedBytes = 0 } = writer.statistics
  if (json)
    printJson(host, {
      event: 'imported',
      point: point.id,
      name: options.name,
      vmUuid,
      ...(base && { base: base.id }),
      size: image.size,
      chunkSize,
      rootHash,
      bytesRead,
      bytesResumed: resumedBytes,
      notes: writer.notes,
      bytesNew: newBytes,
      bytesStored: storedBytes + point.size,
      bytesZero: zeroBytes,
      packs,
      puts,
      seconds,
    })
  else
    print(
      host,
      `Recovery point ${point.id} of ${quoted(options.name)}: ${quoted(basename(path))}, ${formatBytes(image.size)}.`,
      `  read    ${formatBytes(bytesRead)} in ${formatDuration(seconds)} (${formatRate(bytesRead / seconds)})${base ? `, changes since ${base.id}` : ''}`,
      ...(resumedBytes > 0
        ? [
            `  went on from ${formatBytes(resumedBytes)} of ${formatBytes(image.size)} that an earlier import had read`,
          ]
        : []),
      ...writer.notes.map(note => `  ${note}`),
      `  new     ${formatBytes(newBytes)}`,
      `  stored  ${formatBytes(storedBytes + point.size)}`,
    )
}

/** What the base has lost is read too, wherever the bitmap says that nothing changed. */
const withRereads = (
  { chunks, chunkSize }: Plan,
  again: Awaited<ReturnType<PointWriter['rereads']>>,
  size: number,
): number[] => {
  if (again === 'all') return everyChunk(size, chunkSize)
  const all = new Set(chunks)
  for (const { offset, length } of again)
    for (let at = offset; at < offset + length; at += chunkSize) all.add(at / chunkSize)
  return [...all].sort((a, b) => a - b)
}

const everyChunk = (size: number, chunkSize: number): number[] =>
  Array.from({ length: Math.ceil(size / chunkSize) }, (_, chunk) => chunk)

const planOf = async ({ repository, image, vmUuid, options }: Import): Promise<Plan> => {
  const { size } = image
  if (options.changed === undefined) {
    const chunkSize = options.chunkSize ?? DEFAULT_CHUNK
    return { chunkSize, chunks: everyChunk(size, chunkSize) }
  }
  const bitmap = await readBitmap(options.changed, size)
  const base = await repository.latestPoint(vmUuid)
  const disk = base?.disks.find(({ id }) => id === IMAGE_DISK)
  if (!base || !disk) throw new NoBasePointError(options.name, 'there is no point of this name')
  if (disk.size > size)
    throw new NoBasePointError(
      options.name,
      `the image has ${size} bytes, less than the ${disk.size} of the latest point`,
    )
  const { chunkSize } = disk
  if (options.chunkSize !== undefined && options.chunkSize !== chunkSize)
    throw new NoBasePointError(
      options.name,
      `the latest point has chunks of ${chunkSize} bytes, not of ${options.chunkSize}`,
    )
  const from = size > disk.size ? disk.size : Number.POSITIVE_INFINITY
  return { chunkSize, base, chunks: changedChunks(bitmap, { size, chunkSize, from }) }
}

/** @throws `BITMAP_INVALID` */
const readBitmap = async (file: string, size: number): Promise<Buffer> => {
  const text = await readFile(file, 'latin1').catch(error => {
    throw new BitmapInvalidError(file, `it cannot be read (${error.code})`, error)
  })
  try {
    return parseBitmap(text, size)
  } catch (error) {
    if (error instanceof BitmapFormatError) throw new BitmapInvalidError(file, error.message, error)
    throw error
  }
}
