import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { constants as system } from 'node:os'
import type { EntryType, Extent } from './entry.ts'
import type { Attributes, FileSystem, Handle, Lack, Status } from './file-system.ts'
import { bytesOf, type RawText, rawOf } from './raw-text.ts'
import { systemError } from './system-error.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = constants
// Windows has none of these.
const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

/**
 * What Node itself offers, for machines where `nativeFileSystem` does not run: no attributes, no holes, no devices. On Linux folders are
 * named by their handles all the same; elsewhere by their paths, so that who may write in the tree can lead the walk astray.
 */
export const portableFileSystem = (): FileSystem => new PortableFileSystem()

/** A folder: where its names are looked up, and what has to be closed. */
interface Folder {
  path: Buffer
  fd: number | undefined
}

class PortableFileSystem implements FileSystem {
  readonly lacks: ReadonlySet<Lack>
  readonly #byHandle = process.platform === 'linux'
  /** Handles of folders are negative, those of files are Node's. */
  readonly #folders = new Map<Handle, Folder>()
  #last = -1

  constructor() {
    const everywhere: Lack[] = ['xattrs', 'holes', 'devices', 'nanoseconds']
    this.lacks = new Set(this.#byHandle ? everywhere : [...everywhere, 'links followed'])
  }

  openRoot(path: string): Handle {
    return this.#openFolder(Buffer.from(path), 0)
  }

  openDirectory(at: Handle, name: RawText): Handle {
    return this.#openFolder(this.#path(at, name), O_NOFOLLOW)
  }

  openFile(at: Handle, name: RawText): Handle {
    return openSync(this.#path(at, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  close(handle: Handle): void {
    const folder = this.#folders.get(handle)
    this.#folders.delete(handle)
    const fd = folder ? folder.fd : handle
    if (fd !== undefined) closeSync(fd)
  }

  list(directory: Handle): RawText[] {
    return readdirSync(this.#folder(directory), { encoding: 'buffer' }).map(rawOf)
  }

  status(at: Handle, name: RawText): Status {
    return statusFrom(lstatSync(this.#path(at, name), { bigint: true }))
  }

  statusOf(handle: Handle): Status {
    const folder = this.#folders.get(handle)
    if (!folder) return statusFrom(fstatSync(handle, { bigint: true }))
    const { fd, path } = folder
    const stats =
      fd === undefined ? lstatSync(path, { bigint: true }) : fstatSync(fd, { bigint: true })
    return statusFrom(stats)
  }

  kindOf(): number {
    return 0
  }

  readLink(at: Handle, name: RawText): RawText {
    return rawOf(readlinkSync(this.#path(at, name), { encoding: 'buffer' }))
  }

  read(file: Handle, into: Uint8Array, position: number): number {
    return readSync(file, into, 0, into.length, position)
  }

  dataFrom(_: Handle, from: number, size: number): Extent | undefined {
    return from < size ? [from, size - from] : undefined
  }

  xattrsOf(): Attributes {
    return { kept: [], lost: [] }
  }

  xattrs(): Attributes {
    return { kept: [], lost: [] }
  }

  xattrOf(): undefined {
    return undefined
  }

  createFile(at: Handle, name: RawText, mode: number): Handle {
    return openSync(this.#path(at, name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  }

  openForWriting(at: Handle, name: RawText): Handle {
    return openSync(this.#path(at, name), O_RDWR | O_NOFOLLOW | O_NONBLOCK)
  }

  write(file: Handle, bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, bytes.length - done, position + done)
  }

  truncate(file: Handle, size: number): void {
    ftruncateSync(file, size)
  }

  sync(handle: Handle): void {
    const folder = this.#folders.get(handle)
    const fd = folder ? folder.fd : handle
    if (fd !== undefined) fsyncSync(fd)
  }

  closeWritten(file: Handle): void {
    closeSync(file)
  }

  makeDirectory(at: Handle, name: RawText, mode: number): void {
    mkdirSync(this.#path(at, name), { mode })
  }

  makeSymlink(target: RawText, at: Handle, name: RawText): void {
    symlinkSync(bytesOf(target), this.#path(at, name))
  }

  makeLink(fromAt: Handle, from: RawText, at: Handle, name: RawText): void {
    linkSync(this.#path(fromAt, from), this.#path(at, name))
  }

  makeNode(): void {
    throw systemError(system.errno.ENOSYS, 'mknod')
  }

  rename(at: Handle, from: RawText, to: RawText): void {
    renameSync(this.#path(at, from), this.#path(at, to))
  }

  unlink(at: Handle, name: RawText): void {
    unlinkSync(this.#path(at, name))
  }

  removeDirectory(at: Handle, name: RawText): void {
    rmdirSync(this.#path(at, name))
  }

  changeOwnerOf(handle: Handle, uid: number, gid: number): void {
    const opened = this.#opened(handle)
    if (typeof opened === 'number') fchownSync(opened, uid, gid)
    else lchownSync(opened, uid, gid)
  }

  changeModeOf(handle: Handle, mode: number): void {
    const opened = this.#opened(handle)
    if (typeof opened === 'number') fchmodSync(opened, mode)
    else chmodSync(opened, mode)
  }

  setTimesOf(handle: Handle, mtime: bigint): void {
    const opened = this.#opened(handle)
    const seconds = secondsOf(mtime)
    if (typeof opened === 'number') futimesSync(opened, seconds, seconds)
    else lutimesSync(opened, seconds, seconds)
  }

  setXattrOf(): void {
    throw systemError(system.errno.ENOSYS, 'fsetxattr')
  }

  removeXattrOf(): void {
    throw systemError(system.errno.ENOSYS, 'fremovexattr')
  }

  changeOwner(at: Handle, name: RawText, uid: number, gid: number): void {
    lchownSync(this.#path(at, name), uid, gid)
  }

  changeMode(at: Handle, name: RawText, mode: number): void {
    const path = this.#path(at, name)
    if (lstatSync(path).isSymbolicLink()) throw systemError(system.errno.ELOOP, 'chmod')
    chmodSync(path, mode)
  }

  setTimes(at: Handle, name: RawText, mtime: bigint): void {
    const seconds = secondsOf(mtime)
    lutimesSync(this.#path(at, name), seconds, seconds)
  }

  setXattr(): void {
    throw systemError(system.errno.ENOSYS, 'setxattr')
  }

  removeXattr(): void {
    throw systemError(system.errno.ENOSYS, 'removexattr')
  }

  /** @returns the descriptor; the path of a folder where there are no descriptors of folders */
  #opened(handle: Handle): number | Buffer {
    const folder = this.#folders.get(handle)
    return folder ? (folder.fd ?? folder.path) : handle
  }

  #openFolder(path: Buffer, flags: number): Handle {
    const folder = this.#byHandle ? openedFolder(path, flags) : checkedFolder(path)
    this.#last -= 1
    this.#folders.set(this.#last, folder)
    return this.#last
  }

  #folder(handle: Handle): Buffer {
    const folder = this.#folders.get(handle)
    if (!folder) throw systemError(system.errno.EBADF, 'folder')
    return folder.path
  }

  #path(at: Handle, name: RawText): Buffer {
    return Buffer.concat([this.#folder(at), SEPARATOR, bytesOf(name)])
  }
}

const secondsOf = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n) / 1000

const SEPARATOR = Buffer.from('/')

const openedFolder = (path: Buffer, flags: number): Folder => {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | flags)
  return { fd, path: Buffer.from(`/proc/self/fd/${fd}`) }
}

const checkedFolder = (path: Buffer): Folder => {
  if (!lstatSync(path).isDirectory()) throw systemError(system.errno.ENOTDIR, 'open')
  return { fd: undefined, path }
}

const statusFrom = (stats: BigIntStats): Status => ({
  type: typeOf(stats),
  mode: Number(stats.mode) & 0o7777,
  uid: Number(stats.uid),
  gid: Number(stats.gid),
  size: Number(stats.size),
  allocated: Number(stats.blocks) * 512,
  mtime: stats.mtimeNs,
  ctime: stats.ctimeNs,
  inode: stats.ino,
  device: stats.dev,
  nlink: Number(stats.nlink),
  rdev: [
    Number((stats.rdev >> 8n) & 0xfffn),
    Number((stats.rdev & 0xffn) | ((stats.rdev >> 12n) & 0xfff00n)),
  ],
})

const typeOf = (stats: BigIntStats): EntryType => {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'dir'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  return stats.isCharacterDevice() ? 'char' : 'block'
}
