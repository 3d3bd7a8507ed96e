import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { openDirect, suitsDirect, unlessRefused } from './direct-io.ts'

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
 * @param file open for writing
 */
export const openBulkWriter = async (file: FileHandle): Promise<BulkWriter> => {
  const direct = await openDirect(file, constants.O_WRONLY)
  let refused = false

  const writeDirect = async (bytes: Uint8Array, offset: number): Promise<boolean> => {
    if (!direct || refused || !suitsDirect(bytes.length, offset)) return false
    const written = await unlessRefused(() => writeFully(direct, bytes, offset).then(() => true))
    refused = written === undefined
    return !refused
  }

  return {
    async writeAt(bytes, offset) {
      if (!(await writeDirect(bytes, offset))) await writeFully(file, bytes, offset)
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
