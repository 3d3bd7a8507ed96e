import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { DiskExtent } from '#repository/index.ts'

const ZEROS = Buffer.alloc(1024 * 1024)

/** Every extent where it belongs; zeros are holes. One writer: several would wait for the file's lock, spinning. */
export const writeSparse = async (
  file: FileHandle,
  size: number,
  extents: AsyncIterable<DiskExtent>,
  written: (bytes: number) => void,
): Promise<void> => {
  await file.truncate(size)
  for await (const extent of extents) {
    if (extent.zero) {
      written(extent.offset + extent.length)
      continue
    }
    const { offset, bytes } = extent
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, offset + at)
      at += bytesWritten
    }
    written(offset + bytes.length)
  }
}

/** All bytes one after the other, zeros too. */
export const writeStream = async (
  output: NodeJS.WritableStream,
  extents: AsyncIterable<DiskExtent>,
  signal: AbortSignal,
): Promise<void> => {
  await pipeline(bytesOf(extents), output, { signal, end: false })
}

const bytesOf = async function* (extents: AsyncIterable<DiskExtent>): AsyncGenerator<Uint8Array> {
  for await (const extent of extents) {
    if (!extent.zero) yield extent.bytes
    else
      for (let left = extent.length; left > 0; left -= ZEROS.length)
        yield ZEROS.subarray(0, Math.min(left, ZEROS.length))
  }
}
