import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { blockDown, openDirect, unlessRefused, WORTH_DIRECT } from './direct-io.ts'

const PARTS_AT_ONCE = 512 // writev(2) takes 1,024 at most

/**
 * Writes `parts` one after the other to a new file: what makes whole blocks past the page cache where file system and memory can do
 * it, the rest as usual.
 * @param file open for writing
 */
export const writeParts = async (file: FileHandle, parts: readonly Uint8Array[]): Promise<void> => {
  const size = sizeOf(parts)
  const done = size < WORTH_DIRECT ? 0 : await writeDirect(file, parts)
  await writeAll(file, without(parts, done), done)
}

/** @returns bytes written */
const writeDirect = async (file: FileHandle, parts: readonly Uint8Array[]): Promise<number> => {
  const blocks = wholeBlocks(parts)
  const handle = await openDirect(file, constants.O_WRONLY)
  if (!handle) return 0
  let done = 0
  try {
    await unlessRefused(() => writeAll(handle, blocks, 0, bytes => (done += bytes)))
    return done
  } finally {
    await handle.close()
  }
}

/** Parts up to the first that is not made of whole blocks, and of that what is. */
const wholeBlocks = (parts: readonly Uint8Array[]): Uint8Array[] => {
  const odd = parts.findIndex(({ length }) => length !== blockDown(length))
  if (odd < 0) return [...parts]
  const last = parts[odd] as Uint8Array
  return [...parts.slice(0, odd), last.subarray(0, blockDown(last.length))]
}

/** One call for many parts: `writeFile` makes one each. */
const writeAll = async (
  handle: FileHandle,
  parts: readonly Uint8Array[],
  start: number,
  written: (bytes: number) => void = () => {},
): Promise<void> => {
  let at = start
  for (let from = 0; from < parts.length; from += PARTS_AT_ONCE) {
    let left = parts.slice(from, from + PARTS_AT_ONCE)
    while (sizeOf(left) > 0) {
      const { bytesWritten } = await handle.writev(left, at)
      left = without(left, bytesWritten)
      at += bytesWritten
      written(bytesWritten)
    }
  }
}

const sizeOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0)

/** @returns what is left of `parts` without their first `count` bytes */
const without = (parts: readonly Uint8Array[], count: number): Uint8Array[] => {
  let done = count
  const left: Uint8Array[] = []
  for (const part of parts) {
    if (done < part.length) left.push(part.subarray(done))
    done = Math.max(0, done - part.length)
  }
  return left
}
