import { closeSync, constants, openSync } from 'node:fs'
import type { OpenMount } from './thaw.ts'

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW

/** Opens mount points, all of them or none. @throws Error with a clause as its message */
export const openMounts = (paths: readonly string[]): OpenMount[] => {
  const opened: OpenMount[] = []
  try {
    for (const path of paths) opened.push({ path, fd: openSync(path, FLAGS) })
    return opened
  } catch (error) {
    closeMounts(opened)
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`a mount point cannot be opened (${why})`, { cause: error })
  }
}

export const closeMounts = (mounts: readonly OpenMount[]): void => {
  for (const { fd } of mounts) closeSync(fd)
}
