/** QCOW2, version 3, as QEMU's specification (docs/interop/qcow2.txt) has it. All integers are big-endian. */

export const MAGIC = 0x5146_49fb
export const VERSION = 3
export const HEADER_BYTES = 104
export const CLUSTER_BITS = 16
export const CLUSTER = 1 << CLUSTER_BITS
/** Entries of eight bytes in a cluster of a table. */
export const L2_ENTRIES = CLUSTER / 8
/** Sixteen bits each. */
export const REFCOUNT_ORDER = 4
export const REFCOUNTS_PER_BLOCK = CLUSTER / 2
/** An entry whose cluster belongs to it alone. */
export const COPIED = 1n << 63n
/** Bits of an entry that are the place in the file. */
export const OFFSET_MASK = 0x00ff_ffff_ffff_fe00n
export const COMPRESSED = 1n << 62n
/** Of a data cluster that reads as zeros, whatever is at its place. */
export const ZERO_FLAG = 1n

/** Bytes of the disk behind one table of the second level. */
export const BYTES_PER_L2 = L2_ENTRIES * CLUSTER
