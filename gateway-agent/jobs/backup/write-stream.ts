import { StreamBrokenError } from '#core/errors/xenserver.ts'
import { copyInto, type DiskWriter, type PointWriter } from '#repository/index.ts'

/** Bytes announced for a stream whose length nobody knows: far above any, and cheap (64 empty pages of the map at 1 MiB). */
const MOST = 64 * 1024 ** 3

/**
 * Stores a stream as one disk of a point, exactly as long as it is.
 * @param diskId its name in the point
 * @param chunkSize bytes
 * @param onBytes called with the bytes so far
 * @returns bytes
 * @throws what the stream and the writer throw; `STREAM_TRUNCATED` where there is not one byte
 */
export const writeStream = async (
  writer: Pick<PointWriter, 'disk'>,
  { diskId, chunkSize }: { diskId: string; chunkSize: number },
  body: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): Promise<number> => {
  const disk = await writer.disk({ diskId, size: MOST, chunkSize, keep: false })
  let size = 0
  let buffer: Uint8Array | undefined
  for await (const bytes of body) {
    for (let at = 0; at < bytes.length; ) {
      buffer ??= await disk.buffer()
      const filled = size % chunkSize
      const part = bytes.subarray(at, at + chunkSize - filled)
      copyInto(buffer, filled, part)
      at += part.length
      size += part.length
      if (size % chunkSize > 0) continue
      await disk.write(size - chunkSize, buffer)
      buffer = undefined
    }
    onBytes(size)
  }
  if (buffer) await writeLast(disk, buffer, size)
  if (size === 0) throw new StreamBrokenError('STREAM_TRUNCATED', diskId, 'nothing came')
  await disk.finish(size)
  return size
}

const writeLast = (disk: DiskWriter, buffer: Uint8Array, size: number): Promise<void> => {
  const filled = size % disk.chunkSize
  buffer.fill(0, filled)
  return disk.write(size - filled, buffer)
}
