import type { EntryType, Extent, Xattr } from './entry.ts'
import type { RawText } from './raw-text.ts'

/** Something open: a folder or a file. */
export type Handle = number

/** What the system says of something, links not followed. */
export interface Status {
  type: EntryType
  /** permissions with set-uid, set-gid and sticky (12 bits) */
  mode: number
  uid: number
  gid: number
  /** bytes */
  size: number
  /** bytes that it takes on the disk; less than `size` where it has holes */
  allocated: number
  /** nanoseconds since 1970 */
  mtime: bigint
  ctime: bigint
  inode: bigint
  device: bigint
  nlink: number
  rdev: readonly [major: number, minor: number]
  /** by chattr(1): immutable, or to be appended to alone */
  protected?: true
}

/** Extended attributes, and those that are there but could not be read: their names, and the code of the reason. */
export interface Attributes {
  kept: Xattr[]
  lost: (readonly [name: RawText, code: string])[]
}

/** What an implementation cannot do on this machine: told once, with counts, never passed over in silence. */
export type Lack = 'xattrs' | 'holes' | 'devices' | 'nanoseconds' | 'links followed'

/**
 * The calls of the system that trees are read and written with, all of them synchronous: in a thread of their own they cost a tenth of
 * what promises cost, and a file system that hangs stops that thread alone. Everything is named by an open folder and one name in it, so
 * that no folder exchanged for a link leads anywhere else; links are never followed.
 *
 * Every method throws Node's own kind of error: `code` as `ENOENT`, `syscall`, `errno`.
 */
export interface FileSystem {
  readonly lacks: ReadonlySet<Lack>

  /** @param path as people write it; the last name may be a link, for it is theirs to choose */
  openRoot(path: string): Handle
  /** @throws `ENOTDIR` or `ELOOP` where it is a link or no folder */
  openDirectory(at: Handle, name: RawText): Handle
  /** For reading; access times stay where the system allows it. @throws `ELOOP` where it is a link */
  openFile(at: Handle, name: RawText): Handle
  close(handle: Handle): void

  /** @returns the names in a folder but `.` and `..`, in no order */
  list(directory: Handle): RawText[]
  status(at: Handle, name: RawText): Status
  statusOf(handle: Handle): Status
  /** @returns which kind of file system it lies on (`statfs.f_type`), or 0 where that is unknown */
  kindOf(handle: Handle): number
  readLink(at: Handle, name: RawText): RawText

  /** @returns bytes read; 0 at the end */
  read(file: Handle, into: Uint8Array, position: number): number
  /** @returns the first stretch of data at or behind `from`; none where only a hole follows. All is data where holes cannot be told. */
  dataFrom(file: Handle, from: number, size: number): Extent | undefined

  /** Attributes of an open file or folder; none where the file system has none. */
  xattrsOf(handle: Handle): Attributes
  /** Attributes of what cannot be opened: links, devices, fifos, sockets. */
  xattrs(at: Handle, name: RawText): Attributes
  /** One attribute, where the file system has it without listing it. */
  xattrOf(handle: Handle, name: RawText): Uint8Array | undefined

  /** @throws `EEXIST` */
  createFile(at: Handle, name: RawText, mode: number): Handle
  /** An existing file, for reading and writing. */
  openForWriting(at: Handle, name: RawText): Handle
  write(file: Handle, bytes: Uint8Array, position: number): void
  truncate(file: Handle, size: number): void
  sync(handle: Handle): void
  /**
   * Closes a file that was written to; the handle is gone, whatever it throws.
   * @throws what network file systems, and those in user space, tell only now: no room, no quota, an error of the server
   */
  closeWritten(file: Handle): void

  makeDirectory(at: Handle, name: RawText, mode: number): void
  makeSymlink(target: RawText, at: Handle, name: RawText): void
  makeLink(fromAt: Handle, from: RawText, at: Handle, name: RawText): void
  /** @param rdev of a device */
  makeNode(
    at: Handle,
    name: RawText,
    type: 'fifo' | 'socket' | 'char' | 'block',
    mode: number,
    rdev: readonly [major: number, minor: number],
  ): void
  rename(at: Handle, from: RawText, to: RawText): void
  unlink(at: Handle, name: RawText): void
  removeDirectory(at: Handle, name: RawText): void

  /** Of an open file or folder: of that one, whatever its name stands for by now. */
  changeOwnerOf(handle: Handle, uid: number, gid: number): void
  changeModeOf(handle: Handle, mode: number): void
  /** @param mtime nanoseconds since 1970; the access time becomes the same */
  setTimesOf(handle: Handle, mtime: bigint): void
  setXattrOf(handle: Handle, key: RawText, value: Uint8Array): void
  removeXattrOf(handle: Handle, key: RawText): void

  changeOwner(at: Handle, name: RawText, uid: number, gid: number): void
  /** Of anything but a symbolic link. */
  changeMode(at: Handle, name: RawText, mode: number): void
  /** @param mtime nanoseconds since 1970; the access time becomes the same */
  setTimes(at: Handle, name: RawText, mtime: bigint): void
  setXattr(at: Handle, name: RawText, key: RawText, value: Uint8Array): void
  removeXattr(at: Handle, name: RawText, key: RawText): void
}
