import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '#core/ports.ts'
import { TRANSIT_KEPT_MS } from '#core/ports.ts'
import { errno } from './errno.ts'

/**
 * Removes parts that were put more than a day ago, what was cut off in the middle among them, and folders that are empty then. What goes meanwhile is no error.
 * @param folder of `localTransit`
 */
export const sweepTransit = async (
  folder: string,
  { clock }: { clock: Clock },
): Promise<{ removed: number }> => {
  const oldest = clock.now() - TRANSIT_KEPT_MS
  let removed = 0
  const sweep = async (path: string): Promise<void> => {
    const entries = await readdir(path, { withFileTypes: true }).catch(unlessGone([]))
    for (const entry of entries) {
      const below = join(path, entry.name)
      if (entry.isDirectory()) {
        await sweep(below)
        // Refused while something is in it: a part may just have been put there.
        await rmdir(below).catch(() => {})
        continue
      }
      const found = await stat(below).catch(unlessGone(undefined))
      if (!found || found.mtimeMs > oldest) continue
      await rm(below, { force: true })
      removed++
    }
  }
  await sweep(folder)
  return { removed }
}

const unlessGone =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (errno(error) !== 'ENOENT') throw error
    return instead
  }
