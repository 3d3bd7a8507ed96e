import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { XenkeepError } from '#core/errors/base.ts'
import { quoted } from '../output/safe-text.ts'

/** Somebody's file is in the way. */
export class OutputExistsError extends XenkeepError {
  readonly code = 'OUTPUT_EXISTS'
  constructor(path: string) {
    super(`${quoted(path)} exists, and is not overwritten.`, {
      advice: 'Choose another name, or add --force to replace it.',
    })
  }
}

/** No room for what was asked for. */
export class OutputFullError extends XenkeepError {
  readonly code = 'OUTPUT_FULL'
  constructor(path: string, cause?: unknown) {
    super(`There is no space left for ${quoted(path)}.`, {
      advice:
        'Free some space or choose another place, then run the command again; no part of a file is left.',
      cause,
    })
  }
}

/** The place cannot be written to. */
export class OutputUnwritableError extends XenkeepError {
  readonly code = 'OUTPUT_UNWRITABLE'
  constructor(path: string, why: string, cause?: unknown) {
    super(`${quoted(path)} cannot be written: ${why}.`, {
      advice: 'Choose a file in a directory that exists and that this user may write to.',
      cause,
    })
  }
}

/** The end of the pipe is closed. */
export class OutputClosedError extends XenkeepError {
  readonly code = 'OUTPUT_CLOSED'
  constructor(cause: unknown) {
    super('Whoever reads standard output went away before the end.', {
      advice: 'If that program should have read all of it, see what ended it.',
      cause,
    })
  }
}

/**
 * Writes a file that is whole or not there: under a name of its own first, then synced, then renamed. Whatever fails (or is
 * aborted), nothing of it stays.
 * @param force replace a file that exists
 * @throws `OUTPUT_EXISTS`, `OUTPUT_FULL`, `OUTPUT_UNWRITABLE`, what `write` throws
 */
export const writeOutput = async <T>(
  path: string,
  { force }: { force: boolean },
  write: (file: FileHandle) => Promise<T>,
): Promise<T> => {
  await refuse(path, force)
  const partial = `${path}.xenkeep-partial`
  try {
    const file = await open(partial, 'w', 0o600)
    try {
      const result = await write(file)
      await file.sync()
      await file.close()
      await refuse(path, force)
      await rename(partial, path)
      await syncFolder(dirname(path))
      return result
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(partial, { force: true })
      throw error
    }
  } catch (error) {
    throw asOutputError(path, error)
  }
}

const refuse = async (path: string, force: boolean): Promise<void> => {
  const there = await lstat(path).catch(() => undefined)
  if (!there) return
  if (!there.isFile()) throw new OutputUnwritableError(path, 'it is not a regular file')
  if (!force) throw new OutputExistsError(path)
}

const syncFolder = async (path: string): Promise<void> => {
  await using folder = await open(path, 'r')
  await folder.sync()
}

const REASONS: Record<string, string> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory is none',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file system takes no file of this size',
  EIO: 'the disk below it fails',
}

/** Errors of the file system become ours; others pass. */
export const asOutputError = (path: string, error: unknown): unknown => {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (error instanceof XenkeepError || code === undefined || syscall === undefined) return error
  if (code === 'EPIPE') return new OutputClosedError(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new OutputFullError(path, error)
  return new OutputUnwritableError(path, REASONS[code] ?? code, error)
}
