import type { Entry } from '../entry.ts'
import type { Status } from '../file-system.ts'
import type { RawText } from '../raw-text.ts'
import type { Accounts } from './accounts.ts'

/**
 * @param asOf when the system was asked, milliseconds since 1970
 * @returns what the entry of anything has
 */
export const entryOf = (path: RawText, status: Status, accounts: Accounts, asOf: number): Entry => {
  const { type, mode, uid, gid, mtime, ctime, inode, device, nlink } = status
  const entry: Entry = {
    path,
    type,
    mode,
    uid,
    gid,
    user: accounts.user(uid),
    group: accounts.group(gid),
    size: type === 'dir' ? 0 : status.size,
    mtime,
    ctime,
    inode,
    device,
    nlink,
  }
  if (isRecent(ctime, asOf)) entry.recent = true
  return entry
}

/** Times of the kernel lag some milliseconds behind; where they have no fractions, the file system counts in seconds, FAT in two. */
const isRecent = (ctime: bigint, now: number): boolean => {
  const window = ctime % 1_000_000_000n === 0n ? 2000 : 100
  return Number(ctime / 1_000_000n) >= now - window
}

/** Whether what was there at the last point can be what is there now: the same file, whole, and untouched since. */
export const isUnchanged = (former: Entry | undefined, status: Status): former is Entry =>
  former !== undefined &&
  former.type === status.type &&
  former.inode === status.inode &&
  former.ctime === status.ctime &&
  former.mtime === status.mtime &&
  (former.size === status.size || status.type === 'dir') &&
  former.problem === undefined &&
  former.hardLinkTo === undefined &&
  !former.recent &&
  !former.changedWhileRead
