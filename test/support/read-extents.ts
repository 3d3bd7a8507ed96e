import type { DiskExtent } from '#gateway-agent/sources/api.ts'

/** Puts extents over the bytes of a base (zeros unless told), as the receiver of a backup does. Refuses any disorder. */
export const applyExtents = async (
  extents: AsyncIterable<DiskExtent>,
  base: Buffer,
  chunkSize = 1024 * 1024,
): Promise<Buffer> => {
  const disk = Buffer.from(base)
  let position = 0
  for await (const extent of extents) {
    const length = extent.zero ? extent.length : extent.bytes.length
    const end = extent.offset + length
    if (extent.offset < position || end > disk.length)
      throw new Error(`extent ${extent.offset}+${length} is out of order or outside`)
    if (extent.offset % chunkSize !== 0 || (end % chunkSize !== 0 && end !== disk.length))
      throw new Error(`extent ${extent.offset}+${length} is not aligned`)
    if (extent.zero) disk.fill(0, extent.offset, end)
    else disk.set(extent.bytes, extent.offset)
    position = end
  }
  return disk
}
