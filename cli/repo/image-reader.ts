import { type FileHandle, open } from 'node:fs/promises'
import { type BulkReader, openBulkReader } from '#adapters/fs/bulk-reader.ts'
import { isZero } from '#disk-formats/zeros.ts'
import { ImageChangedError, ImageUnreadableError } from './errors.ts'

/** Reads at once: libuv has four threads, and a disk serves several readers faster than one. */
const READERS = 4

export interface ImageFile {
  /** bytes */
  size: number
  /** Tells one state of the file from another: inode, size, times of the last write and of the last change (ns). */
  identity: string
  /**
   * Reads chunks, several at once, in no fixed order.
   * @param visit gets a chunk that holds something (and takes its bytes over), or that one is zero
   * @returns bytes read
   * @throws `IMAGE_CHANGED`, `IMAGE_UNREADABLE`, what `visit` throws
   */
  readChunks(
    chunks: Iterable<number>,
    options: {
      chunkSize: number
      signal: AbortSignal
      /** lends memory for one chunk, which `visit` or `giveBack` takes back */
      buffer: () => Promise<Uint8Array>
      giveBack: (buffer: Uint8Array) => void
      visit: (offset: number, part: { length: number; bytes?: Uint8Array }) => Promise<void>
    },
  ): Promise<number>
  close(): Promise<void>
}

/** @throws `IMAGE_UNREADABLE` */
export const openImage = async (path: string): Promise<ImageFile> => {
  const file = await open(path, 'r').catch(error => {
    throw new ImageUnreadableError(path, reasonOf(error), error)
  })
  try {
    const { size, mtimeNs, identity } = await facts(file, path)
    return {
      size,
      identity,
      readChunks: async (chunks, { chunkSize, signal, buffer: lend, giveBack, visit }) => {
        let bytesRead = 0
        const source = await openBulkReader(file)
        const left = chunks[Symbol.iterator]()
        const reader = async () => {
          let buffer: Uint8Array | undefined
          for (let next = left.next(); !next.done; next = left.next()) {
            signal.throwIfAborted()
            const offset = next.value * chunkSize
            const length = Math.min(chunkSize, size - offset)
            buffer ??= await lend()
            const bytes = buffer.subarray(0, length)
            await readChunk(source, path, bytes, offset)
            bytesRead += length
            if (isZero(bytes)) await visit(offset, { length })
            else {
              buffer = undefined
              await visit(offset, { length, bytes })
            }
          }
          if (buffer) giveBack(buffer)
        }
        await allSettledOrFirst(Array.from({ length: READERS }, reader)).finally(source.close)
        const after = await facts(file, path)
        if (after.size !== size || after.mtimeNs !== mtimeNs) throw new ImageChangedError(path)
        return bytesRead
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

const facts = async (
  file: FileHandle,
  path: string,
): Promise<{ size: number; mtimeNs: bigint; identity: string }> => {
  const stat = await file.stat({ bigint: true })
  if (!stat.isFile()) throw new ImageUnreadableError(path, 'it is not a regular file')
  if (stat.size === 0n) throw new ImageUnreadableError(path, 'it is empty')
  const { ino, size, mtimeNs, ctimeNs } = stat
  return { size: Number(size), mtimeNs, identity: `file:${ino}:${size}:${mtimeNs}:${ctimeNs}` }
}

const readChunk = async (
  source: BulkReader,
  path: string,
  target: Uint8Array,
  offset: number,
): Promise<void> => {
  const bytesRead = await source.readAt(target, offset).catch(error => {
    const why = `reading at byte ${offset} failed (${reasonOf(error)})`
    throw new ImageUnreadableError(path, why, error)
  })
  if (bytesRead < target.length) throw new ImageChangedError(path)
}

/** All have ended when this returns or throws. */
const allSettledOrFirst = async (works: Promise<void>[]): Promise<void> => {
  for (const result of await Promise.allSettled(works))
    if (result.status === 'rejected') throw result.reason
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  EIO: 'the disk below it fails',
}

const reasonOf = (error: unknown): string => {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  return REASONS[code] ?? code
}
