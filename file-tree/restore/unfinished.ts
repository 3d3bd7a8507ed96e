import type { Entry } from '../entry.ts'
import type { FileSystem, Handle, Status } from '../file-system.ts'
import { codeOf } from '../system-error.ts'

/**
 * The permissions of a folder that is not finished: 5700. Set-user-id means nothing on a folder in Linux, so nobody gives it to one; and nobody but the owner sees files
 * before their folder has its own permissions. By it a later attempt knows that what is in the folder was made by an earlier one.
 */
const MARK = 0o5700

/** As a folder is made: `mkdir` cannot give the mark. Its permissions may come out as others, by the folder above or its access list. */
export const AS_MADE = 0o1700

/** @returns permissions that the finished folder does not have */
const markOf = ({ mode }: Pick<Entry, 'mode'>): number => (mode === MARK ? 0o7700 : MARK)

/** Marks a folder that was just made. On file systems without permissions there is no mark: what was cut off there is a conflict for the next run. */
export const mark = (system: FileSystem, folder: Handle, entry: Pick<Entry, 'mode'>): void => {
  try {
    system.changeModeOf(folder, markOf(entry))
  } catch (error) {
    if (
      !['EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(
        codeOf(error) ?? '',
      )
    )
      throw error
  }
}

/**
 * Whether a folder in the target was begun by an attempt that was cut off.
 * @param user whoever runs this
 * @param isEmpty asked where it may have been cut off between the making and the mark
 */
export const isUnfinished = (
  { mode, uid }: Status,
  entry: Pick<Entry, 'mode' | 'uid'>,
  user: number,
  isEmpty: () => boolean,
): boolean => {
  // Its owner comes before its permissions.
  if (uid !== user && uid !== entry.uid) return false
  if (mode === markOf(entry)) return true
  return (mode & ~0o2000) === AS_MADE && entry.mode !== mode && isEmpty()
}
