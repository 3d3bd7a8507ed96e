import type { FileHandle } from 'node:fs/promises'
import { openBulkWriter, writeFully } from '#adapters/fs/bulk-writer.ts'
import type { DiskContent } from '#disk-formats/disk-content.ts'
import { VHD_BLOCK } from '#disk-formats/vhd/format.ts'
import type { DiskExtent, Point, Repository } from '#repository/index.ts'
import { asOutputError } from './output-file.ts'

const ZEROS = Buffer.alloc(1024 * 1024)

/**
 * Every extent where it belongs, in whatever order it comes; zeros are holes.
 * @param restore calls back with one extent at a time
 */
export const writeSparse = async (
  file: FileHandle,
  size: number,
  restore: (write: (extent: DiskExtent) => Promise<void>) => Promise<void>,
  written: (bytes: number) => void,
): Promise<void> => {
  await file.truncate(size)
  const bulk = await openBulkWriter(file)
  let done = 0
  try {
    await restore(async extent => {
      if (!extent.zero) await bulk.writeAt(extent.bytes, extent.offset)
      done += extent.zero ? extent.length : extent.bytes.length
      written(done)
    })
  } finally {
    await bulk.close()
  }
}

/** Everything, one after the other. */
export const writeThrough = async (
  file: FileHandle,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> => {
  let at = 0
  for await (const piece of pieces) {
    await writeFully(file, piece, at)
    at += piece.length
  }
}

/**
 * Writes one piece at a time: the next is asked for when the one before is on its way, and its memory free again.
 * @throws `OUTPUT_CLOSED`, `OUTPUT_FULL`
 */
export const streamTo = async (
  output: NodeJS.WritableStream,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> => {
  const stopped = Promise.withResolvers<never>()
  stopped.promise.catch(() => {})
  const stop = (): void => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop)
  output.on('error', stopped.reject)
  try {
    signal.throwIfAborted()
    for await (const piece of pieces)
      await Promise.race([
        new Promise<void>((resolve, reject) => {
          output.write(piece, error => (error ? reject(error) : resolve()))
        }),
        stopped.promise,
      ])
  } catch (error) {
    throw asOutputError('standard output', error)
  } finally {
    output.off('error', stopped.reject)
    signal.removeEventListener('abort', stop)
  }
}

/** All bytes of a disk, zeros too. */
export const bytesOf = async function* (
  extents: AsyncIterable<DiskExtent>,
): AsyncGenerator<Uint8Array> {
  for await (const extent of extents) {
    if (!extent.zero) yield extent.bytes
    else
      for (let left = extent.length; left > 0; left -= ZEROS.length)
        yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
  }
}

/** A disk of a point as the disk formats take it. @param read bytes from the start that are done */
export const contentOf = async (
  repository: Pick<Repository, 'readDisk' | 'occupancy'>,
  point: Point,
  { id, size }: { id: string; size: number },
  read: (bytes: number) => void,
): Promise<DiskContent> => {
  const occupancy = await repository.occupancy(point, id)
  return {
    size,
    present: block => !occupancy.isZero(block * VHD_BLOCK, VHD_BLOCK),
    async *read(signal) {
      for await (const extent of repository.readDisk(point, id, { signal })) {
        if (!extent.zero) yield { offset: extent.offset, bytes: extent.bytes }
        read(extent.offset + (extent.zero ? extent.length : extent.bytes.length))
      }
    },
  }
}
