import type { Entry, Extent } from '../entry.ts'
import type { FileSystem, Handle } from '../file-system.ts'
import { codeOf } from '../system-error.ts'
import type { OpenFolders } from './open-folders.ts'
import { reasonOf } from './reasons.ts'

const PIECE = 1024 * 1024

/**
 * The data of an unchanged file, because the last point cannot give it any more: exactly as many bytes as it had there, since what follows
 * in the content has its place already. What is wrong with it by now is noted in the entry, and zeros stand in for what is missing.
 * @param entry not sent yet
 */
export function* readAgain(
  system: FileSystem,
  folders: OpenFolders,
  entry: Entry,
): Generator<Uint8Array> {
  let left = entry.data?.length ?? 0
  let handle: Handle | undefined
  try {
    handle = openByPath(system, folders, entry)
    if (system.statusOf(handle).inode !== entry.inode)
      throw new Error('another file has its name by now')
    for (const [from, length] of extentsOf(entry))
      for (let at = from; at < from + length; ) {
        const piece = new Uint8Array(Math.min(PIECE, from + length - at))
        const read = system.read(handle, piece, at)
        if (read === 0) throw Object.assign(new Error('it is shorter by now'), { code: 'SHORT' })
        left -= read
        at += read
        yield piece.subarray(0, read)
      }
    const { size, mtime, ctime } = system.statusOf(handle)
    if (size !== entry.size || mtime !== entry.mtime || ctime !== entry.ctime)
      entry.changedWhileRead = true
  } catch (error) {
    if (codeOf(error) === 'SHORT') entry.changedWhileRead = true
    else {
      entry.problem = `its data could not be read: ${reasonOf(error)}`
      entry.data = undefined
    }
  } finally {
    if (handle !== undefined) system.close(handle)
  }
  for (; left > 0; left -= PIECE) yield new Uint8Array(Math.min(PIECE, left))
}

const openByPath = (system: FileSystem, folders: OpenFolders, { path }: Entry): Handle => {
  const names = path.split('/')
  const name = names.pop() as string
  const folder = folders.reach(names)
  try {
    return system.openFile(folder, name)
  } finally {
    folders.leave(folder)
  }
}

/** Where the data is: between the holes. */
function* extentsOf({ size, holes = [] }: Entry): Generator<Extent> {
  let at = 0
  for (const [offset, length] of holes) {
    if (offset > at) yield [at, offset - at]
    at = offset + length
  }
  if (size > at) yield [at, size - at]
}
