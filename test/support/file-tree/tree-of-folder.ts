import type { Entry, Extent } from '#file-tree/entry.ts'
import type { FileSystem, Handle } from '#file-tree/file-system.ts'
import { openFileSystem } from '#file-tree/open-file-system.ts'
import { comparePaths, type RawText } from '#file-tree/raw-text.ts'
import type { TreeSource } from '#file-tree/tree-source.ts'

export interface MemoryTree extends TreeSource {
  list: Entry[]
  bytes: Buffer
  /** what was asked for of the content */
  reads: { offset: number; length: number | undefined }[]
}

/** entries; a restore prepares fewer at once, so that the last ones are less than those before */
const GROUP = 700

const PIECE = 100_000 // bytes; no multiple of anything

/** A tree in memory, as a repository would give it. */
export const memoryTree = (list: readonly Entry[], bytes: Buffer): MemoryTree => {
  const reads: MemoryTree['reads'] = []
  return {
    name: 'files',
    list: [...list],
    bytes,
    size: bytes.length,
    reads,
    async *entries() {
      for (let at = 0; at < this.list.length; at += GROUP) yield this.list.slice(at, at + GROUP)
    },
    async *content(offset, length) {
      reads.push({ offset, length })
      const end = length === undefined ? bytes.length : offset + length
      for (let at = offset; at < end; at += PIECE)
        yield Uint8Array.from(bytes.subarray(at, Math.min(at + PIECE, end)))
    },
  }
}

/** Reads a folder in the plainest way: for tests of what restores, without what backs up. */
export const treeOfFolder = async (folder: string): Promise<MemoryTree> => {
  const system = await openFileSystem()
  const root = system.openRoot(folder)
  const entries: Entry[] = []
  const parts: Buffer[] = []
  let size = 0
  const firsts = new Map<bigint, RawText>()
  const visit = (at: Handle, name: RawText, path: RawText) => {
    const entry = entryOf(system, at, name, path)
    entries.push(entry)
    if (entry.type !== 'dir' && entry.nlink > 1) {
      const first = firsts.get(entry.inode)
      if (first !== undefined) {
        entry.hardLinkTo = first
        return
      }
      firsts.set(entry.inode, path)
    }
    if (entry.type === 'dir') {
      const handle = name === '' ? at : system.openDirectory(at, name)
      for (const each of system.list(handle).sort(comparePaths))
        visit(handle, each, path === '' ? each : `${path}/${each}`)
      if (name !== '') system.close(handle)
    }
    if (entry.type !== 'file') return
    const { data, holes } = dataOf(system, at, name, entry.size)
    if (holes.length > 0) entry.holes = holes
    if (data.length === 0) return
    entry.data = { offset: size, length: data.length }
    parts.push(data)
    size += data.length
  }
  visit(root, '', '')
  system.close(root)
  return memoryTree(entries, Buffer.concat(parts))
}

const entryOf = (system: FileSystem, at: Handle, name: RawText, path: RawText): Entry => {
  const {
    allocated: _,
    rdev,
    ...status
  } = name === '' ? system.statusOf(at) : system.status(at, name)
  const { kept } = name === '' ? system.xattrsOf(at) : system.xattrs(at, name)
  return {
    ...status,
    path,
    size: status.type === 'dir' ? 0 : status.size,
    ...((status.type === 'char' || status.type === 'block') && { rdev }),
    ...(status.type === 'symlink' && { target: system.readLink(at, name) }),
    ...(kept.length > 0 && { xattrs: kept }),
  }
}

const dataOf = (system: FileSystem, at: Handle, name: RawText, size: number) => {
  const file = system.openFile(at, name)
  const parts: Buffer[] = []
  const holes: Extent[] = []
  let end = 0
  for (;;) {
    const [offset, length] = system.dataFrom(file, end, size) ?? [size, 0]
    if (offset > end) holes.push([end, offset - end])
    if (length === 0) break
    const bytes = Buffer.alloc(length)
    for (let done = 0; done < length; )
      done += system.read(file, bytes.subarray(done), offset + done) || length
    parts.push(bytes)
    end = offset + length
    if (end >= size) break
  }
  system.close(file)
  return { data: Buffer.concat(parts), holes }
}
