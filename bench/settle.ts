import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/** Lets the disk finish with what came before, so that nobody pays for another's writes. */
export const settle = <T>(work: () => Promise<T>): Promise<T> => {
  execFileSync('sync')
  return work()
}

/**
 * The same, with nothing left in the page cache: whoever restores reads a repository that nobody has read for a while, and one that was just written would be
 * in memory for those who read through the cache, and not for those who read past it.
 * @returns whether the cache could be emptied, which takes root (proc(5), drop_caches)
 */
export const settleCold = (): boolean => {
  execFileSync('sync')
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3')
    return true
  } catch {
    return false
  }
}
