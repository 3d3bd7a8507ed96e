import { lstat, readdir, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * Takes away a file that was not read to its end. Its name is what the reader of the guest says, and the guest's files may be named so that it
 * says anything: no link is followed, and nothing but a file below `folder` is removed.
 * @param name within `folder`
 * @returns its other names (hard links), which are removed, too
 */
export const removeUnread = async (folder: string, name: string): Promise<string[]> => {
  const parts = name.split('/').filter(part => part !== '' && part !== '.')
  if (parts.length === 0 || parts.includes('..') || name.includes('\0')) return []
  let at = folder
  for (const [index, part] of parts.entries()) {
    at = join(at, part)
    const there = await lstat(at).catch(() => undefined)
    const fits = index === parts.length - 1 ? there?.isFile() : there?.isDirectory()
    if (!fits) return []
  }
  const { ino, nlink } = await lstat(at)
  await rm(at)
  return nlink === 1 ? [] : removeOthers(folder, ino)
}

const removeOthers = async (folder: string, ino: number): Promise<string[]> => {
  const removed: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    if ((await lstat(path)).ino !== ino) continue
    await rm(path)
    removed.push(relative(folder, path))
  }
  return removed
}
