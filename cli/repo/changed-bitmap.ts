/** Bytes that one bit stands for: the block of XenServer's changed-block tracking. */
export const BITMAP_BLOCK = 64 * 1024

/** The bitmap does not fit the disk, or is no base64. */
export class BitmapFormatError extends Error {}

/**
 * A bitmap as `VDI.list_changed_blocks` gives it: base64, one bit per 64 KiB, the most significant bit first.
 * @param size bytes of the disk
 * @throws {BitmapFormatError}
 */
export const parseBitmap = (text: string, size: number): Buffer => {
  const digits = text.replaceAll(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(digits) || digits.length % 4 !== 0)
    throw new BitmapFormatError('it is not base64')
  const bitmap = Buffer.from(digits, 'base64')
  const blocks = Math.ceil(size / BITMAP_BLOCK)
  const expected = Math.ceil(blocks / 8)
  if (bitmap.length !== expected)
    throw new BitmapFormatError(
      `it has ${bitmap.length} bytes, and a disk of ${size} bytes takes ${expected}`,
    )
  for (let block = blocks; block < expected * 8; block++)
    if (isSet(bitmap, block))
      throw new BitmapFormatError('it marks blocks beyond the end of the disk')
  return bitmap
}

const isSet = (bitmap: Uint8Array, block: number): boolean =>
  ((bitmap[block >> 3] as number) & (0x80 >> (block & 7))) !== 0

/**
 * @param from bytes: whatever lies at or behind this place counts as changed (the disk grew there)
 * @returns numbers of the chunks that a marked block touches, ascending
 */
export const changedChunks = (
  bitmap: Uint8Array,
  { size, chunkSize, from }: { size: number; chunkSize: number; from: number },
): number[] => {
  const perChunk = chunkSize / BITMAP_BLOCK
  const grown = Math.floor(from / BITMAP_BLOCK)
  const blocks = Math.ceil(size / BITMAP_BLOCK)
  const chunks: number[] = []
  for (let block = 0; block < blocks; block++) {
    const chunk = Math.floor(block / perChunk)
    if (chunks.at(-1) !== chunk && (block >= grown || isSet(bitmap, block))) chunks.push(chunk)
  }
  return chunks
}
