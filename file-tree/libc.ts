import { endianness } from 'node:os'

/** `mknodat` has no function of its own in C libraries before glibc 2.33. */
const SYS_MKNODAT: Readonly<Record<string, number>> = { x64: 259, arm64: 33 }

type Bytes = Uint8Array
/** Functions of the C library, as they are called: each gives -1 where the system refuses. */
export interface Libc {
  openat(at: number, path: Bytes, flags: number, mode: number): number
  close(fd: number): number
  getdents64(fd: number, into: Bytes, size: number): number
  statx(at: number, path: Bytes, flags: number, mask: number, into: Bytes): number
  fstatfs(fd: number, into: Bytes): number
  readlinkat(at: number, path: Bytes, into: Bytes, size: number): number
  pread(fd: number, into: Bytes, size: number, at: number): number
  pwrite(fd: number, from: Bytes, size: number, at: number): number
  lseek(fd: number, at: number, whence: number): number
  ftruncate(fd: number, size: number): number
  fsync(fd: number): number
  flistxattr(fd: number, into: Bytes, size: number): number
  fgetxattr(fd: number, name: Bytes, into: Bytes, size: number): number
  llistxattr(path: Bytes, into: Bytes, size: number): number
  lgetxattr(path: Bytes, name: Bytes, into: Bytes, size: number): number
  lsetxattr(path: Bytes, name: Bytes, value: Bytes, size: number, flags: number): number
  fsetxattr(fd: number, name: Bytes, value: Bytes, size: number, flags: number): number
  lremovexattr(path: Bytes, name: Bytes): number
  fremovexattr(fd: number, name: Bytes): number
  mkdirat(at: number, path: Bytes, mode: number): number
  symlinkat(target: Bytes, at: number, path: Bytes): number
  linkat(fromAt: number, from: Bytes, at: number, path: Bytes, flags: number): number
  renameat(fromAt: number, from: Bytes, at: number, path: Bytes): number
  unlinkat(at: number, path: Bytes, flags: number): number
  fchownat(at: number, path: Bytes, uid: number, gid: number, flags: number): number
  fchmod(fd: number, mode: number): number
  fchmodat(at: number, path: Bytes, mode: number, flags: number): number
  utimensat(at: number, path: Bytes, times: Bytes, flags: number): number
  futimens(fd: number, times: Bytes): number
  syscall(call: number, at: number, path: Bytes, mode: number, device: number): number
}

const PROTOTYPES = [
  'int openat(int, void *, int, uint32_t)',
  'int close(int)',
  'int64_t getdents64(int, void *, uint64_t)',
  'int statx(int, void *, int, uint32_t, void *)',
  'int fstatfs(int, void *)',
  'int64_t readlinkat(int, void *, void *, uint64_t)',
  'int64_t pread(int, void *, uint64_t, int64_t)',
  'int64_t pwrite(int, void *, uint64_t, int64_t)',
  'int64_t lseek(int, int64_t, int)',
  'int ftruncate(int, int64_t)',
  'int fsync(int)',
  'int64_t flistxattr(int, void *, uint64_t)',
  'int64_t fgetxattr(int, void *, void *, uint64_t)',
  'int64_t llistxattr(void *, void *, uint64_t)',
  'int64_t lgetxattr(void *, void *, void *, uint64_t)',
  'int lsetxattr(void *, void *, void *, uint64_t, int)',
  'int fsetxattr(int, void *, void *, uint64_t, int)',
  'int lremovexattr(void *, void *)',
  'int fremovexattr(int, void *)',
  'int mkdirat(int, void *, uint32_t)',
  'int symlinkat(void *, int, void *)',
  'int linkat(int, void *, int, void *, int)',
  'int renameat(int, void *, int, void *)',
  'int unlinkat(int, void *, int)',
  'int fchownat(int, void *, uint32_t, uint32_t, int)',
  'int fchmod(int, uint32_t)',
  'int fchmodat(int, void *, uint32_t, int)',
  'int utimensat(int, void *, void *, int)',
  'int futimens(int, void *)',
  'int64_t syscall(int64_t, int, void *, uint32_t, uint64_t)',
] as const

export interface LoadedLibc {
  libc: Libc
  /** of the last call */
  errno: () => number
  /** number of the call, for `syscall` */
  mknod: number
}

/** @returns none where this is not Linux on a processor of 64 bits, or koffi does not load */
export const loadLibc = async (): Promise<LoadedLibc | undefined> => {
  const mknod = SYS_MKNODAT[process.arch]
  if (process.platform !== 'linux' || mknod === undefined || endianness() !== 'LE') return undefined
  try {
    const { default: koffi } = await import('koffi')
    const library = koffi.load(null)
    const functions = PROTOTYPES.map(prototype => {
      const called = library.func(prototype)
      return [called.info.name, called] as const
    })
    const libc = Object.fromEntries(functions) as unknown as Libc
    return { libc, errno: () => koffi.errno(), mknod }
  } catch {
    return undefined
  }
}
