/**
 * The layout of `NAME/entries`, version 1 (docs/repository-format.md): the header, then per entry a number (LEB128) with the length of its
 * body and the body, then a zero and the count of the entries. A body needs the one before it, and no other.
 */
export const HEADER = Uint8Array.from([0x58, 0x4b, 0x54, 0x52, 0x45, 0x45, 1, 0]) // "XKTREE", version

/** Which members a body has, after those that every body has. */
export const Has = {
  /** uid, gid, user, group: others than those of the entry before */
  owner: 1,
  device: 1 << 1,
  hardLink: 1 << 2,
  xattrs: 1 << 3,
  holes: 1 << 4,
  data: 1 << 5,
  changedWhileRead: 1 << 6,
  problem: 1 << 7,
  recent: 1 << 8,
  bundled: 1 << 9,
  /** The data does not follow that of the entry before: its offset is there. */
  offset: 1 << 10,
} as const

export const ALL_FLAGS = (1 << 11) - 1

/** bytes; 100 attributes of 64 KiB, the most that Linux takes for one, and a path of any length */
export const MAX_BODY = 32 * 1024 * 1024
