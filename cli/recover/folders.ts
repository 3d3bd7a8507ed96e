import { lstat, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What a system mounts by itself, beside what was on its disks. */
export const SYSTEM_FOLDERS = ['/dev', '/proc', '/run', '/sys', '/tmp']

/**
 * Makes a folder in a tree, with those above it. Never goes through a link: where one is, or anything that is no folder, nothing is made.
 * @returns whether the folder is there
 */
export const makeFolder = async (root: string, path: string): Promise<boolean> => {
  let at = root
  for (const name of path.split('/').filter(Boolean)) {
    if (name === '..') return false
    at = join(at, name)
    const about = await lstat(at).catch(() => undefined)
    if (about && !about.isDirectory()) return false
    if (!about) await mkdir(at, { mode: 0o755 })
  }
  return true
}
