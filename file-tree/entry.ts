import type { RawText } from './raw-text.ts'

export const ENTRY_TYPES = ['file', 'dir', 'symlink', 'fifo', 'socket', 'char', 'block'] as const
export type EntryType = (typeof ENTRY_TYPES)[number]

/** Bytes from the start of a file, and how many. */
export type Extent = readonly [offset: number, length: number]

/** An extended attribute as the system has it, namespace included: `user.…`, `security.capability`, `system.posix_acl_access`, `system.ntfs_acl`. */
export type Xattr = readonly [name: RawText, value: Uint8Array]

/**
 * One thing in a tree. A tree NAME of a point is two streams: `NAME/content`, what files hold, in the order of the walk, and `NAME/entries`,
 * these. The order is that of `comparePaths`; the root comes first.
 */
export interface Entry {
  /** relative to the root, `/` between names; empty: the root */
  path: RawText
  type: EntryType
  /** permissions with set-uid, set-gid and sticky (12 bits) */
  mode: number
  uid: number
  gid: number
  /** as the machine named them when it was read */
  user?: string | undefined
  group?: string | undefined
  /** bytes; of a file: of what was read, holes included; of a folder: 0, for file systems differ; of a symbolic link: of its target */
  size: number
  /** nanoseconds since 1970 */
  mtime: bigint
  /** nanoseconds since 1970; only to find changes, cannot be set */
  ctime: bigint
  /** only to find changes and to know hard links apart */
  inode: bigint
  device: bigint
  nlink: number
  /** The first path of the same file in this tree; nothing else of this entry is to be restored then. */
  hardLinkTo?: RawText | undefined
  /** of a symbolic link */
  target?: RawText | undefined
  /** of a device */
  rdev?: readonly [major: number, minor: number] | undefined
  /** left out where the file system has none, or could not be asked; access lists among them */
  xattrs?: readonly Xattr[] | undefined
  /** ascending; read as zeros, absent from the content */
  holes?: readonly Extent[] | undefined
  /** Where in the content stream its bytes lie, holes left out. Absent where the file is empty or all hole, and where `problem` says why. */
  data?: { readonly offset: number; readonly length: number } | undefined
  /** Its data lies in the same chunks as that of the file before: they can only be kept together. */
  bundled?: true | undefined
  /** Size or times moved while it was read, twice, or it is too large to be read twice: its bytes may be of different moments. */
  changedWhileRead?: true | undefined
  /** Changed so shortly before it was read that a later change might not show in its times: the next run reads it again. */
  recent?: true | undefined
  /** Why its data, its list of names or its attributes are missing, one sentence. */
  problem?: string | undefined
}
