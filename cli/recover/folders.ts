import { chmod, lstat, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What a system mounts by itself, beside what was on its disks. */
export const SYSTEM_FOLDERS: readonly (readonly [path: string, mode: number])[] = [
  ['/dev', 0o755],
  ['/proc', 0o555],
  ['/run', 0o755],
  ['/sys', 0o555],
  ['/tmp', 0o1777],
]

/**
 * Makes a folder in a tree, with those above it. Never goes through a link: where one is, or anything that is no folder, nothing is made.
 * @param mode of a folder that was not there
 * @returns whether the folder is there
 */
export const makeFolder = async (root: string, path: string, mode = 0o755): Promise<boolean> => {
  let at = root
  for (const name of path.split('/').filter(Boolean)) {
    if (name === '..') return false
    at = join(at, name)
    const about = await lstat(at).catch(() => undefined)
    if (about && !about.isDirectory()) return false
    if (about) continue
    await mkdir(at)
    await chmod(at, mode) // whatever the umask is here
  }
  return true
}

/**
 * Makes an empty file in a tree, for its owner alone, or takes the one that is there. Anything else of that name is left alone: a link could lead out of the tree, a device be a
 * disk of this machine.
 * @returns its path here
 */
export const makeFile = async (root: string, path: string): Promise<string | undefined> => {
  if (path.split('/').includes('..') || !(await makeFolder(root, dirname(path)))) return undefined
  const file = join(root, path)
  const about = await lstat(file).catch(() => undefined)
  if (about && !(about.isFile() && about.nlink === 1)) return undefined
  if (!about) await (await open(file, 'wx', 0o600)).close()
  await chmod(file, 0o600)
  return file
}
