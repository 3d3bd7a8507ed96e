import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { readFully } from './bulk-reader.ts'
import { blockDown, blockUp, openDirect, unlessRefused, WORTH_DIRECT } from './direct-io.ts'

/** bytes */
interface Part {
  start: number
  length: number
}

/**
 * Reads a part of a file, past the page cache where there is memory for it: an object is read seldom, and then much of it.
 * @param file open for reading
 * @param memory see `ObjectStore.get`
 * @returns the bytes: fewer only where the file ends
 */
export const readPart = async (
  file: FileHandle,
  part: Part,
  memory?: Uint8Array,
): Promise<Uint8Array> => {
  const { start, length } = part
  if (memory && length >= WORTH_DIRECT) {
    const bytes = await readDirect(file, part, memory)
    if (bytes) return bytes
  }
  // Not cleared: it is filled, or cut.
  const target =
    memory && memory.length >= length
      ? memory.subarray(0, length)
      : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
  const filled = await readFully(file, target, start)
  return filled === length ? target : target.slice(0, filled)
}

/** @returns `undefined` where file system or memory cannot do it */
const readDirect = async (
  file: FileHandle,
  { start, length }: Part,
  memory: Uint8Array,
): Promise<Uint8Array | undefined> => {
  const first = blockDown(start)
  const span = blockUp(start + length) - first
  if (memory.length < span) return undefined
  const handle = await openDirect(file, constants.O_RDONLY)
  if (!handle) return undefined
  try {
    const filled = await unlessRefused(() => readFully(handle, memory.subarray(0, span), first))
    return filled === undefined
      ? undefined
      : memory.subarray(start - first, Math.min(filled, start - first + length))
  } finally {
    await handle.close()
  }
}
