import type { Entry } from '../entry.ts'
import type { FileSystem, Status } from '../file-system.ts'
import type { Place } from './target-folder.ts'

/** Whether what is there holds what the entry says. Times are set last: who has the right one has all of it. */
export const isWhole = (
  system: FileSystem,
  place: Place,
  status: Status,
  entry: Entry,
): boolean => {
  if (status.type !== entry.type || entry.hardLinkTo !== undefined) return false
  switch (entry.type) {
    case 'file':
      return status.size === entry.size && sameTime(system, status, entry)
    case 'symlink':
      return system.readLink(place.at, place.name) === entry.target
    case 'char':
    case 'block':
      return status.rdev[0] === entry.rdev?.[0] && status.rdev[1] === entry.rdev?.[1]
    default:
      return true
  }
}

const MILLISECOND = 1_000_000n // ns: what Node sets by itself

/** ns: what file systems round times down to: NTFS and SMB; UDF; HFS+ and ext with small inodes; exFAT; FAT */
const STEPS = [100n, 1000n, 1_000_000_000n, 10_000_000n, 2_000_000_000n]

/** Whether a time that was set here is what became of the entry's. */
export const sameTime = (
  system: Pick<FileSystem, 'lacks'>,
  { mtime: here }: Pick<Status, 'mtime'>,
  { mtime }: Pick<Entry, 'mtime'>,
): boolean => {
  const lost = mtime - here
  const most = system.lacks.has('nanoseconds') ? MILLISECOND : 0n
  if (lost <= most && -lost <= most) return true
  return lost > 0n && STEPS.some(step => lost < step && here % step === 0n)
}

/** Whether owner, group and permissions are the entry's. */
export const sameRights = (status: Status, { uid, gid, mode, type }: Entry): boolean =>
  status.uid === uid && status.gid === gid && (type === 'symlink' || status.mode === mode)
