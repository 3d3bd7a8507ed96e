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
 * @param file open for writing
 */
export const openBulkWriter = async (file: FileHandle): Promise<BulkWriter> => {
  let direct = await openDirect(file, constants.O_WRONLY)

  const writeDirect = async (bytes: Uint8Array, offset: number): Promise<boolean> => {
    const isWhole = bytes.length === blockDown(bytes.length) && offset === blockDown(offset)
    if (!direct || !isWhole || bytes.length < WORTH_DIRECT) return false
    const past = direct
    if (await unlessRefused(() => writeFully(past, bytes, offset).then(() => true))) return true
    direct = undefined
    return false
  }

  const opened = direct
  return {
    async writeAt(bytes, offset) {
      if (!(await writeDirect(bytes, offset))) await writeFully(file, bytes, offset)
    },
    async close() {
      await opened?.close()
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
