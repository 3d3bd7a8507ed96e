import type { DiskRange } from './api.ts'

/** Each bit of VDI.list_changed_blocks stands for this many bytes (reference 7.3). */
export const CBT_BLOCK = 64 * 1024

/** @returns whether the bitmap tells about every block of a disk of `size` bytes */
export const covers = (bitmap: Uint8Array, size: number): boolean =>
  bitmap.length * 8 >= Math.ceil(size / CBT_BLOCK)

/**
 * Reads the bitmap of VDI.list_changed_blocks: bit i, most significant first in each byte, stands for block i.
 *
 * @param size bytes of the later disk
 * @param chunkSize bytes, a power of two of at least 64 KiB
 * @returns ascending ranges of whole chunks that hold a changed block, clipped at the end of the disk, neighbours
 * joined. What the bitmap is too short to tell about is not in them: ask `covers` first
 */
export const changedRanges = (bitmap: Uint8Array, size: number, chunkSize: number): DiskRange[] => {
  const blocks = Math.ceil(size / CBT_BLOCK)
  const ranges: DiskRange[] = []
  let last: DiskRange | undefined
  for (let block = 0; block < blocks; block++) {
    const byte = bitmap[block >> 3] ?? 0
    if (byte === 0) {
      block |= 7
      continue
    }
    if ((byte & (0x80 >> (block & 7))) === 0) continue
    const offset = Math.floor((block * CBT_BLOCK) / chunkSize) * chunkSize
    const end = Math.min(offset + chunkSize, size)
    if (last && offset <= last.offset + last.length) last.length = end - last.offset
    else {
      last = { offset, length: end - offset }
      ranges.push(last)
    }
  }
  return ranges
}
