import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the entries of a directory survive a power cut. */
export const syncDirectory = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return // NTFS journals names by itself, and opens no directory
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Creates directories so that a power cut cannot take them away again. Another process may have created a directory and not
 * have synced it yet, so each is synced once by us, whoever made it.
 * @param root where the store begins; its own parents are created too
 */
export const durableFolders = (root: string) => {
  const known = new Map<string, Promise<void>>()

  /** Where the root was there before us its parent is left alone: we may not even be allowed to open it. */
  const makeRoot = async (): Promise<void> => {
    const first = await mkdir(root, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    for (let path = root; path.length >= first.length; path = dirname(path)) {
      await syncDirectory(dirname(path))
    }
  }

  const make = async (path: string): Promise<void> => {
    if (path === root) return makeRoot()
    await ensure(dirname(path))
    await mkdir(path, { mode: 0o700 }).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
    await syncDirectory(dirname(path))
  }

  /** @param path the root or a directory below it */
  const ensure = (path: string): Promise<void> => {
    const made = known.get(path) ?? make(path)
    known.set(path, made)
    made.catch(() => known.delete(path))
    return made
  }

  return {
    ensure,
    /** For when a directory turns out to be gone. */
    forget: () => known.clear(),
  }
}
