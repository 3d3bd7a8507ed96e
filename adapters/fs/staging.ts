import { randomUUID } from 'node:crypto'
import { open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { writeParts } from './write-parts.ts'

/** Where objects are written before they get their name. `+` is in no object key, so nothing there is ever an object. */
export const STAGING = '+staging'

const LEFTOVER_AGE = 60 * 60 * 1000 // ms: no put of ours takes an hour

/** Best effort: what cannot be removed now (a store mounted read-only) stays, and is no object anyway. */
const removeQuietly = (path: string): Promise<void> => unlink(path).catch(() => {})

/**
 * Writes `parts` to a new file below `directory`, down to the platter, hands it to `work` and removes the name again.
 * @param work gets the path, and a function that counts the names of the file
 */
export const withStagedFile = async <T>(
  directory: string,
  parts: readonly Uint8Array[],
  work: (path: string, links: () => Promise<number>) => Promise<T>,
): Promise<T> => {
  const path = join(directory, randomUUID())
  const handle = await open(path, 'wx', 0o600)
  try {
    await writeParts(handle, parts)
    await handle.chmod(0o400)
    await handle.sync()
    return await work(path, async () => (await handle.stat()).nlink)
  } finally {
    await handle.close().catch(() => {})
    await removeQuietly(path)
  }
}

/**
 * Removes what processes that were killed left in `directory`. Age is told by the file system's own clock, by comparing with a
 * file made just now, so a server with another time does no harm.
 */
export const removeLeftovers = async (directory: string): Promise<void> => {
  const names = await readdir(directory).catch(() => [])
  if (names.length === 0) return
  const probe = join(directory, randomUUID())
  const handle = await open(probe, 'wx', 0o400).catch(() => undefined)
  if (!handle) return
  try {
    const { mtimeMs: now } = await handle.stat()
    for (const path of names.map(name => join(directory, name))) {
      const found = await stat(path).catch(() => undefined)
      if (found && now - found.mtimeMs > LEFTOVER_AGE) await removeQuietly(path)
    }
  } finally {
    await handle.close()
    await removeQuietly(probe)
  }
}
