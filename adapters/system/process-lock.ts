import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Takes a lock for this process. It is SQLite's exclusive one, so it is the kernel's: it ends with the process, however that ends, and two
 * starts at the same moment cannot both get it.
 * @param path of the lock file; its directory is made when it is missing
 * @returns a function that lets go; nothing where another process has the lock
 */
export const lockForProcess = async (path: string): Promise<(() => void) | undefined> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, '', { flag: 'a', mode: 0o600 })
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch {
    database.close()
    return undefined
  }
  return () => database.close()
}
