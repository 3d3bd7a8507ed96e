import { setTimeout as sleep } from 'node:timers/promises'
import { EINVAL, type SystemCalls } from './system-calls.ts'

/** A mount point that was opened. */
export interface OpenMount {
  path: string
  fd: number
}

/** A thaw that fails is tried again after so long, in ms. */
const AGAIN_MS = 100

/**
 * Thaws file systems side by side, so that one that waits for its disk holds none of the others back. Does not end before each is.
 * @returns paths of those that were not frozen
 */
export const thawAll = async (
  calls: Pick<SystemCalls, 'thaw'>,
  mounts: readonly OpenMount[],
): Promise<string[]> => {
  const free: string[] = []
  await Promise.all(
    mounts.toReversed().map(async ({ path, fd }) => {
      for (;;) {
        const errno = await calls.thaw(fd)
        if (errno === EINVAL) free.push(path)
        if (errno === EINVAL || errno === 0) return
        await sleep(AGAIN_MS)
      }
    }),
  )
  return free
}
