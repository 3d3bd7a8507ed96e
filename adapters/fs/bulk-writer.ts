import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { blockDown, openDirect, unlessRefused, WORTH_DIRECT } from './direct-io.ts'

/** Writes much of a file, in any order. */
export interface BulkWriter {
  /** @param offset bytes from the start of the file */
  writeAt(bytes: Uint8Array, offset: number): Promise<void>
  /** Leaves the file open that it was made from. */
  close(): Promise<void>
}

/**
 * What makes whole blocks goes past the page cache where file system and memory can do it: a restored disk would only push out what
 * others need. The rest goes by `handle`.
 * @param handle of the file at `path`, for writing
 */
export const openBulkWriter = async (handle: FileHandle, path: string): Promise<BulkWriter> => {
  let direct = await openDirect(path, constants.O_WRONLY)

  const writeDirect = async (bytes: Uint8Array, offset: number): Promise<boolean> => {
    const isWhole = bytes.length === blockDown(bytes.length) && offset === blockDown(offset)
    if (!direct || !isWhole || bytes.length < WORTH_DIRECT) return false
    const file = direct
    if (await unlessRefused(() => writeFully(file, bytes, offset).then(() => true))) return true
    direct = undefined
    await file.close()
    return false
  }

  return {
    async writeAt(bytes, offset) {
      if (!(await writeDirect(bytes, offset))) await writeFully(handle, bytes, offset)
    },
    async close() {
      await direct?.close()
    },
  }
}

/** @param offset bytes from the start of the file */
export const writeFully = async (
  file: FileHandle,
  bytes: Uint8Array,
  offset: number,
): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, offset + at)
    at += bytesWritten
  }
}
