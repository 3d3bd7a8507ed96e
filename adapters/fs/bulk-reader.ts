import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { openDirect, suitsDirect, unlessRefused } from './direct-io.ts'

/** Reads much of a file, in any order. */
export interface BulkReader {
  /**
   * @param offset bytes from the start of the file
   * @returns bytes read: fewer than `target` holds only where the file ends
   */
  readAt(target: Uint8Array, offset: number): Promise<number>
  /** Leaves the file open that it was made from. */
  close(): Promise<void>
}

/**
 * Whole blocks come past the page cache where file system and memory can do it: who reads a disk once only pushes out what others need.
 * @param file open for reading
 */
export const openBulkReader = async (file: FileHandle): Promise<BulkReader> => {
  const direct = await openDirect(file, constants.O_RDONLY)
  let refused = false

  const readDirect = async (target: Uint8Array, offset: number): Promise<number | undefined> => {
    if (!direct || refused || !suitsDirect(target.length, offset)) return undefined
    const filled = await unlessRefused(() => readFully(direct, target, offset))
    refused = filled === undefined
    return filled
  }

  return {
    readAt: async (target, offset) =>
      (await readDirect(target, offset)) ?? (await readFully(file, target, offset)),
    close: async () => direct?.close(),
  }
}

/**
 * @param start bytes from the start of the file
 * @returns bytes read: fewer than `target` holds only where the file ends
 */
export const readFully = async (
  file: FileHandle,
  target: Uint8Array,
  start: number,
): Promise<number> => {
  let filled = 0
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
