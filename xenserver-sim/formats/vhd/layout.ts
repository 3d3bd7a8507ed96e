// Sizes of a dynamic or differencing VHD as vhd-tool writes it (Microsoft's VHD specification 1.0).

export const SECTOR = 512
export const FOOTER_BYTES = 512
export const HEADER_OFFSET = 512
export const HEADER_BYTES = 1024
/** Room for the parent locator's text; vhd-tool announces it and leaves it zero. */
export const LOCATOR_OFFSET = 1536
export const TABLE_OFFSET = 2048
export const BLOCK_BYTES = 2 * 1024 * 1024
/** One bit per sector of a 2 MiB block, rounded up to a sector: exactly one sector. */
export const BITMAP_BYTES = 512
export const UNUSED_ENTRY = 0xffffffff

/** vhd-tool's largest disk: 2040 GiB. */
export const MAX_VHD_SIZE = 2040 * 1024 ** 3

export const tableEntries = (size: number): number => Math.ceil(size / BLOCK_BYTES)

/** The table is padded to whole sectors. */
export const tableBytes = (size: number): number =>
  Math.ceil((tableEntries(size) * 4) / SECTOR) * SECTOR

/** Length of the whole stream in bytes for a disk of `size` bytes with so many blocks present. */
export const vhdLength = (size: number, blocks: number): number =>
  TABLE_OFFSET + tableBytes(size) + blocks * (BITMAP_BYTES + BLOCK_BYTES) + FOOTER_BYTES
