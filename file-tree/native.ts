import { constants } from 'node:fs'
import type { Extent } from './entry.ts'
import type { Attributes, FileSystem, Handle, Status } from './file-system.ts'
import { type Libc, type LoadedLibc, loadLibc } from './libc.ts'
import type { RawText } from './raw-text.ts'
import { deviceNumber, statusFrom } from './statx.ts'
import { systemError } from './system-error.ts'

// The numbers below are those of Linux on processors of 64 bits (its headers fcntl.h, stat.h, limits.h, xattr.h, unistd.h, statx(2), getdents64(2)).
const O_PATH = 0o10_000_000
const O_CLOEXEC = 0o2_000_000
const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_REMOVEDIR = 0x200
const AT_EMPTY_PATH = 0x1000
const STATX_BASIC_STATS = 0x7ff
const SEEK_DATA = 3
const SEEK_HOLE = 4
const EPERM = 1
const EINTR = 4
const ENXIO = 6
const EINVAL = 22
const ENAMETOOLONG = 36
const ENODATA = 61
const ENOTSUP = 95
const PATH_MAX = 4096
const XATTR_LIST_MAX = 64 * 1024
const XATTR_SIZE_MAX = 64 * 1024

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants
const { O_NOCTTY, O_NOATIME } = constants

/** The upper four bits of the mode. */
const TYPE_BITS = { fifo: 1, char: 2, block: 6, socket: 12 } as const

type Bytes = Uint8Array

/**
 * The calls of Linux themselves, by koffi: each takes 0.3 to 0.5 µs more than in C, several of them are out of Node's reach (attributes, holes,
 * devices, folders by their handle), and names stay bytes. Memory is handed to the kernel as it is, nothing is copied.
 * @returns none where this is not Linux on a processor of 64 bits, or koffi does not load: `portableFileSystem` serves then
 */
export const nativeFileSystem = async (): Promise<FileSystem | undefined> => {
  const loaded = await loadLibc()
  return loaded && new NativeFileSystem(loaded)
}

class NativeFileSystem implements FileSystem {
  readonly lacks = new Set<never>()
  readonly #libc: Libc
  readonly #errno: () => number
  readonly #mknod: number
  readonly #path = Buffer.alloc(PATH_MAX + 1)
  readonly #otherPath = Buffer.alloc(PATH_MAX + 1)
  readonly #nothing = Buffer.alloc(1)
  readonly #statx = Buffer.alloc(256)
  readonly #statfs = Buffer.alloc(256)
  readonly #times = Buffer.alloc(32)
  readonly #names = Buffer.alloc(256 * 1024)
  readonly #xattrNames = Buffer.alloc(XATTR_LIST_MAX)
  readonly #xattrValue = Buffer.alloc(XATTR_SIZE_MAX)
  #device: { major: number; minor: number; device: bigint } = { major: -1, minor: -1, device: 0n }

  constructor({ libc, errno, mknod }: LoadedLibc) {
    this.#libc = libc
    this.#errno = errno
    this.#mknod = mknod
  }

  openRoot(path: string): Handle {
    const name = Buffer.from(path, 'utf8').toString('latin1')
    return this.#open(AT_FDCWD, name, O_RDONLY | O_DIRECTORY)
  }

  openDirectory(at: Handle, name: RawText): Handle {
    return this.#openQuietly(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  }

  openFile(at: Handle, name: RawText): Handle {
    // Without waiting: what was a file a moment ago could be a fifo by now.
    return this.#openQuietly(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  }

  close(handle: Handle): void {
    this.#libc.close(handle)
  }

  list(directory: Handle): RawText[] {
    const names: RawText[] = []
    const bytes = this.#names
    this.#check(this.#libc.lseek(directory, 0, 0), 'lseek')
    for (;;) {
      const length = this.#libc.getdents64(directory, bytes, bytes.length)
      if (length === 0) return names
      if (length < 0) throw this.#error('getdents64')
      for (let at = 0; at < length; ) {
        const start = at + 19
        const name = bytes.toString('latin1', start, bytes.indexOf(0, start))
        if (name !== '.' && name !== '..') names.push(name)
        at += bytes.readUInt16LE(at + 16)
      }
    }
  }

  status(at: Handle, name: RawText): Status {
    return this.#status(at, this.#named(name), AT_SYMLINK_NOFOLLOW)
  }

  statusOf(handle: Handle): Status {
    return this.#status(handle, this.#nothing, AT_EMPTY_PATH)
  }

  kindOf(handle: Handle): number {
    this.#check(this.#libc.fstatfs(handle, this.#statfs), 'fstatfs')
    return this.#statfs.readUInt32LE(0)
  }

  readLink(at: Handle, name: RawText): RawText {
    const into = this.#otherPath
    const length = this.#libc.readlinkat(at, this.#named(name), into, PATH_MAX)
    this.#check(length, 'readlinkat')
    return into.toString('latin1', 0, length)
  }

  read(file: Handle, into: Uint8Array, position: number): number {
    for (;;) {
      const length = this.#libc.pread(file, into, into.length, position)
      if (length >= 0) return length
      if (this.#errno() !== EINTR) throw this.#error('pread')
    }
  }

  dataFrom(file: Handle, from: number, size: number): Extent | undefined {
    const start = this.#libc.lseek(file, from, SEEK_DATA)
    if (start < 0) {
      const errno = this.#errno()
      if (errno === ENXIO) return undefined
      if (errno === EINVAL || errno === ENOTSUP)
        return from < size ? [from, size - from] : undefined
      throw systemError(errno, 'lseek')
    }
    const end = this.#libc.lseek(file, start, SEEK_HOLE)
    if (end < 0 && this.#errno() === ENXIO) return undefined
    this.#check(end, 'lseek')
    return [start, end - start]
  }

  xattrsOf(handle: Handle): Attributes {
    const names = this.#xattrNames
    const length = this.#libc.flistxattr(handle, names, names.length)
    return this.#attributes(length, (name, into) =>
      this.#libc.fgetxattr(handle, name, into, into.length),
    )
  }

  xattrs(at: Handle, name: RawText): Attributes {
    const names = this.#xattrNames
    const path = this.#pathOf(at, name)
    const length = this.#libc.llistxattr(path, names, names.length)
    return this.#attributes(length, (key, into) =>
      this.#libc.lgetxattr(path, key, into, into.length),
    )
  }

  xattrOf(handle: Handle, name: RawText): Uint8Array | undefined {
    const value = this.#xattrValue
    const length = this.#libc.fgetxattr(handle, this.#named(name), value, value.length)
    if (length >= 0) return new Uint8Array(value.subarray(0, length))
    const errno = this.#errno()
    if (errno === ENODATA || errno === ENOTSUP) return undefined
    throw systemError(errno, 'fgetxattr')
  }

  createFile(at: Handle, name: RawText, mode: number): Handle {
    return this.#open(at, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
  }

  openForWriting(at: Handle, name: RawText): Handle {
    return this.#open(at, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
  }

  write(file: Handle, bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const rest = done === 0 ? bytes : bytes.subarray(done)
      const length = this.#libc.pwrite(file, rest, rest.length, position + done)
      if (length >= 0) done += length
      else if (this.#errno() !== EINTR) throw this.#error('pwrite')
    }
  }

  truncate(file: Handle, size: number): void {
    this.#check(this.#libc.ftruncate(file, size), 'ftruncate')
  }

  sync(handle: Handle): void {
    this.#check(this.#libc.fsync(handle), 'fsync')
  }

  closeWritten(file: Handle): void {
    if (this.#libc.close(file) >= 0) return
    const errno = this.#errno()
    // Linux has let go of it by then (close(2)).
    if (errno !== EINTR) throw systemError(errno, 'close')
  }

  makeDirectory(at: Handle, name: RawText, mode: number): void {
    this.#check(this.#libc.mkdirat(at, this.#named(name), mode), 'mkdirat')
  }

  makeSymlink(target: RawText, at: Handle, name: RawText): void {
    const bytes = terminated(this.#otherPath, target)
    this.#check(this.#libc.symlinkat(bytes, at, this.#named(name)), 'symlinkat')
  }

  makeLink(fromAt: Handle, from: RawText, at: Handle, name: RawText): void {
    const source = terminated(this.#otherPath, from)
    this.#check(this.#libc.linkat(fromAt, source, at, this.#named(name), 0), 'linkat')
  }

  makeNode(
    at: Handle,
    name: RawText,
    type: keyof typeof TYPE_BITS,
    mode: number,
    [major, minor]: readonly [number, number],
  ): void {
    const bits = TYPE_BITS[type] * 0o10_000 + mode
    const device = ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
    const done = this.#libc.syscall(this.#mknod, at, this.#named(name), bits, device)
    this.#check(done, 'mknodat')
  }

  rename(at: Handle, from: RawText, to: RawText): void {
    const source = terminated(this.#otherPath, from)
    this.#check(this.#libc.renameat(at, source, at, this.#named(to)), 'renameat')
  }

  unlink(at: Handle, name: RawText): void {
    this.#check(this.#libc.unlinkat(at, this.#named(name), 0), 'unlinkat')
  }

  removeDirectory(at: Handle, name: RawText): void {
    this.#check(this.#libc.unlinkat(at, this.#named(name), AT_REMOVEDIR), 'unlinkat')
  }

  changeOwnerOf(handle: Handle, uid: number, gid: number): void {
    const done = this.#libc.fchownat(handle, this.#nothing, uid, gid, AT_EMPTY_PATH)
    this.#check(done, 'fchownat')
  }

  changeModeOf(handle: Handle, mode: number): void {
    this.#check(this.#libc.fchmod(handle, mode), 'fchmod')
  }

  setTimesOf(handle: Handle, mtime: bigint): void {
    this.#check(this.#libc.futimens(handle, this.#timesOf(mtime)), 'futimens')
  }

  setXattrOf(handle: Handle, key: RawText, value: Uint8Array): void {
    const named = terminated(this.#otherPath, key)
    const bytes = value.length === 0 ? this.#nothing : value
    this.#check(this.#libc.fsetxattr(handle, named, bytes, value.length, 0), 'fsetxattr')
  }

  removeXattrOf(handle: Handle, key: RawText): void {
    this.#check(this.#libc.fremovexattr(handle, this.#named(key)), 'fremovexattr')
  }

  changeOwner(at: Handle, name: RawText, uid: number, gid: number): void {
    const done = this.#libc.fchownat(at, this.#named(name), uid, gid, AT_SYMLINK_NOFOLLOW)
    this.#check(done, 'fchownat')
  }

  changeMode(at: Handle, name: RawText, mode: number): void {
    // `fchmodat` follows links; the way by a handle that is the thing itself cannot.
    const handle = this.#open(at, name, O_PATH | O_NOFOLLOW)
    try {
      const path = terminated(this.#path, `/proc/self/fd/${handle}`)
      this.#check(this.#libc.fchmodat(AT_FDCWD, path, mode, 0), 'fchmodat')
    } finally {
      this.close(handle)
    }
  }

  setTimes(at: Handle, name: RawText, mtime: bigint): void {
    const times = this.#timesOf(mtime)
    const done = this.#libc.utimensat(at, this.#named(name), times, AT_SYMLINK_NOFOLLOW)
    this.#check(done, 'utimensat')
  }

  setXattr(at: Handle, name: RawText, key: RawText, value: Uint8Array): void {
    const path = this.#pathOf(at, name)
    const named = terminated(this.#otherPath, key)
    const bytes = value.length === 0 ? this.#nothing : value
    this.#check(this.#libc.lsetxattr(path, named, bytes, value.length, 0), 'lsetxattr')
  }

  removeXattr(at: Handle, name: RawText, key: RawText): void {
    const path = this.#pathOf(at, name)
    this.#check(this.#libc.lremovexattr(path, terminated(this.#otherPath, key)), 'lremovexattr')
  }

  /** Of the last access and of the last change. */
  #timesOf(mtime: bigint): Buffer {
    const second = 1_000_000_000n
    const nanoseconds = ((mtime % second) + second) % second
    for (const start of [0, 16]) {
      this.#times.writeBigInt64LE((mtime - nanoseconds) / second, start)
      this.#times.writeBigInt64LE(nanoseconds, start + 8)
    }
    return this.#times
  }

  #open(at: Handle, name: RawText, flags: number, mode = 0): Handle {
    const handle = this.#libc.openat(at, this.#named(name), flags | O_CLOEXEC, mode)
    this.#check(handle, 'openat')
    return handle
  }

  /** Access times stay, which only the owner and root may ask for. */
  #openQuietly(at: Handle, name: RawText, flags: number): Handle {
    const path = this.#named(name)
    const handle = this.#libc.openat(at, path, flags | O_CLOEXEC | O_NOATIME, 0)
    if (handle >= 0) return handle
    const errno = this.#errno()
    if (errno !== EPERM) throw systemError(errno, 'openat')
    return this.#open(at, name, flags)
  }

  #status(at: Handle, path: Bytes, flags: number): Status {
    const s = this.#statx
    this.#check(this.#libc.statx(at, path, flags, STATX_BASIC_STATS, s), 'statx')
    return statusFrom(s, (major, minor) => this.#deviceOf(major, minor))
  }

  #deviceOf(major: number, minor: number): bigint {
    if (this.#device.major !== major || this.#device.minor !== minor)
      this.#device = { major, minor, device: deviceNumber(major, minor) }
    return this.#device.device
  }

  #attributes(length: number, get: (name: Bytes, into: Bytes) => number): Attributes {
    const found: Attributes = { kept: [], lost: [] }
    if (length === 0) return found
    if (length < 0) {
      const errno = this.#errno()
      if (errno === ENOTSUP) return found
      throw systemError(errno, 'listxattr')
    }
    const names = this.#xattrNames
    const value = this.#xattrValue
    for (let at = 0; at < length; ) {
      const end = names.indexOf(0, at)
      const name = names.toString('latin1', at, end)
      const size = get(names.subarray(at, end + 1), value)
      if (size >= 0) found.kept.push([name, new Uint8Array(value.subarray(0, size))])
      else {
        const errno = this.#errno()
        // Taken away between the list and the question.
        if (errno !== ENODATA) found.lost.push([name, systemError(errno, 'getxattr').code ?? ''])
      }
      at = end + 1
    }
    return found
  }

  #named(name: RawText): Buffer {
    return terminated(this.#path, name)
  }

  /** There are no calls for the attributes of a name in an open folder; the folder's own handle is a path, however. */
  #pathOf(at: Handle, name: RawText): Buffer {
    return terminated(this.#path, `/proc/self/fd/${at}/${name}`)
  }

  #check(result: number, syscall: string): void {
    if (result < 0) throw this.#error(syscall)
  }

  #error(syscall: string): NodeJS.ErrnoException {
    return systemError(this.#errno(), syscall)
  }
}

/** As C takes it: with a zero behind it. */
const terminated = (into: Buffer, name: RawText): Buffer => {
  if (name.length > PATH_MAX) throw systemError(ENAMETOOLONG, 'path')
  into[into.write(name, 'latin1')] = 0
  return into
}
