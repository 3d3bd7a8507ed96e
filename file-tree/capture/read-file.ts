import type { Extent, Xattr } from '../entry.ts'
import type { FileSystem, Handle, Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import { codeOf } from '../system-error.ts'
import type { Outbox } from './outbox.ts'

/** bytes; a larger file that changes while it is read is marked at once: what writes it will most likely not rest */
const LARGEST_READ_TWICE = 64 * 1024 * 1024
/** More than these are stored as zeros, which costs next to nothing: a list of millions would be in memory whole. */
const MOST_HOLES = 65_536

export type FileRead =
  | {
      outcome: 'read'
      /** as of after the reading */
      status: Status
      /** bytes, holes included */
      size: number
      /** of the content, without holes */
      offset: number
      length: number
      holes: readonly Extent[]
      xattrs: readonly Xattr[]
      lost: readonly (readonly [name: RawText, code: string])[]
      changed: boolean
    }
  | { outcome: 'vanished' }
  /** It is no file any more. */
  | { outcome: 'turned' }
  | { outcome: 'failed'; error: unknown }

/**
 * Reads a file into the content, holes left out. What changed meanwhile is read once more, if it is not too large.
 * @param before what the system said of it
 * @param attributes asked while it is open
 */
export const readFile = async (
  system: FileSystem,
  outbox: Outbox,
  at: Handle,
  name: RawText,
  before: Status,
  attributes: (handle: Handle) => ReturnType<FileSystem['xattrsOf']>,
): Promise<FileRead> => {
  let handle: Handle
  try {
    handle = system.openFile(at, name)
  } catch (error) {
    return failure(error)
  }
  try {
    let expected = before
    for (let attempt = 1; ; attempt++) {
      const read = await readOnce(system, outbox, handle, expected)
      const status = system.statusOf(handle)
      if (status.type !== 'file') return { outcome: 'turned' }
      const changed = read.size !== expected.size || !isSame(status, expected)
      const isLast = attempt === 2 || status.size > LARGEST_READ_TWICE
      if (changed && !isLast) {
        expected = status
        continue
      }
      const { kept, lost } = attributes(handle)
      return { outcome: 'read', status, ...read, xattrs: kept, lost, changed }
    }
  } catch (error) {
    return isNoFile(system, handle) ? { outcome: 'turned' } : failure(error)
  } finally {
    system.close(handle)
  }
}

const readOnce = async (
  system: FileSystem,
  outbox: Outbox,
  handle: Handle,
  { size, allocated }: Status,
) => {
  const offset = outbox.position
  const holes: Extent[] = []
  let at = 0
  while (at < size) {
    const isSparse = allocated < size && holes.length < MOST_HOLES
    const [start, length] = isSparse
      ? (system.dataFrom(handle, at, size) ?? [size, 0])
      : [at, size - at]
    const dataAt = Math.min(start, size)
    if (dataAt > at) holes.push([at, dataAt - at])
    const end = Math.min(start + length, size)
    at = await readStretch(system, outbox, handle, dataAt, end)
    if (at < end) break
  }
  return { offset, length: outbox.position - offset, size: at, holes }
}

/** @returns where the file ended, `to` as a rule */
const readStretch = async (
  system: FileSystem,
  outbox: Outbox,
  handle: Handle,
  from: number,
  to: number,
): Promise<number> => {
  for (let at = from; at < to; ) {
    const room = await outbox.room()
    const length = system.read(handle, room.subarray(0, to - at), at)
    if (length === 0) return at
    outbox.put(length)
    at += length
  }
  return to
}

const isSame = (a: Status, b: Status) =>
  a.size === b.size && a.mtime === b.mtime && a.ctime === b.ctime && a.inode === b.inode

const isNoFile = (system: FileSystem, handle: Handle) => {
  try {
    return system.statusOf(handle).type !== 'file'
  } catch {
    return false
  }
}

const failure = (error: unknown): FileRead => {
  const code = codeOf(error)
  if (code === 'ENOENT') return { outcome: 'vanished' }
  // A link, or a socket, stands where the file stood.
  if (code === 'ELOOP' || code === 'ENXIO') return { outcome: 'turned' }
  return { outcome: 'failed', error }
}
