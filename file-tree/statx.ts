import type { EntryType } from './entry.ts'
import type { Status } from './file-system.ts'
import { systemError } from './system-error.ts'

const EINVAL = 22
/** `STATX_ATTR_IMMUTABLE` and `STATX_ATTR_APPEND` */
const PROTECTED = 0x10 | 0x20

/** By the upper four bits of the mode. */
const TYPES: Readonly<Record<number, EntryType>> = {
  1: 'fifo',
  2: 'char',
  4: 'dir',
  6: 'block',
  8: 'file',
  10: 'symlink',
  12: 'socket',
}

/**
 * @param s `struct statx` (statx(2)), little-endian
 * @param deviceOf the number of a device by its halves
 * @throws the system's error where it is of no known type
 */
export const statusFrom = (
  s: Buffer,
  deviceOf: (major: number, minor: number) => bigint,
): Status => {
  const mode = s.readUInt16LE(28)
  const type = TYPES[mode >> 12]
  if (!type) throw systemError(EINVAL, 'statx')
  return {
    type,
    mode: mode & 0o7777,
    uid: s.readUInt32LE(20),
    gid: s.readUInt32LE(24),
    size: s.readUInt32LE(40) + s.readUInt32LE(44) * 2 ** 32,
    allocated: (s.readUInt32LE(48) + s.readUInt32LE(52) * 2 ** 32) * 512,
    mtime: timeAt(s, 112),
    ctime: timeAt(s, 96),
    inode: s.readBigUInt64LE(32),
    device: deviceOf(s.readUInt32LE(136), s.readUInt32LE(140)),
    nlink: s.readUInt32LE(16),
    rdev: [s.readUInt32LE(128), s.readUInt32LE(132)],
    ...((s.readUInt32LE(8) & PROTECTED) !== 0 && { protected: true }),
  }
}

/** As `stat` gives it in C and in Node, glibc's `makedev`. */
export const deviceNumber = (major: number, minor: number): bigint =>
  BigInt(((minor & 0xff) | ((major & 0xfff) << 8)) >>> 0) |
  (BigInt(minor >>> 8) << 20n) |
  (BigInt(major >>> 12) << 44n)

const timeAt = (statx: Buffer, at: number): bigint =>
  statx.readBigInt64LE(at) * 1_000_000_000n + BigInt(statx.readUInt32LE(at + 8))
