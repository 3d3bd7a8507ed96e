/** One bit of a changed-block bitmap, and one block of an overlay: 64 KiB (xapi: CBT block size). */
export const CBT_BLOCK = 64 * 1024

/** One entry of a VHD's block allocation table: 2 MiB. */
export const VHD_BLOCK = 2 * 1024 * 1024

/** The unit of every address on a disk. */
export const SECTOR = 512
