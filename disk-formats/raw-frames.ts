import { contentReader, type DiskImage } from './content-reader.ts'
import type { DiskContent } from './disk-content.ts'
import { VHD_BLOCK } from './vhd/format.ts'

const HEAD = 12

/** Offset and length, little-endian; both zero at the end. */
const frameHead = (offset: number, length: number): Buffer => {
  const head = Buffer.alloc(HEAD)
  head.writeBigUInt64LE(BigInt(offset), 0)
  head.writeUInt32LE(length, 8)
  return head
}

/**
 * Plans the frames that `PUT /import_raw_vdi?format=raw&chunked=true` takes, one for each block of 2 MiB that is present. Other than a VHD it
 * has no limit to the size of the disk. What is not present stays as it is.
 * @throws {ContentError} from the stream, where the content has data in a block that is not `present`, or no order
 */
export const rawFrames = ({ size, present, read }: DiskContent): DiskImage => {
  const blocks = Array.from({ length: Math.ceil(size / VHD_BLOCK) }, (_, block) => block)
    .filter(present)
    .map(block => ({
      start: block * VHD_BLOCK,
      end: Math.min((block + 1) * VHD_BLOCK, size),
    }))
  const payload = blocks.reduce((sum, { start, end }) => sum + end - start, 0)

  async function* stream(signal: AbortSignal, onProgress: (bytes: number) => void = () => {}) {
    const pieces = read(signal)[Symbol.asyncIterator]()
    try {
      const content = contentReader(pieces)
      let sent = 0
      for (const { start, end } of blocks) {
        await content.assertZeroUntil(start)
        yield frameHead(start, end - start)
        for await (const bytes of content.windowUntil(end)) {
          yield bytes
          sent += bytes.length
          onProgress(sent)
        }
      }
      await content.assertZeroUntil(size)
    } finally {
      await pieces.return?.()
    }
    yield frameHead(0, 0)
  }

  return { length: payload + (blocks.length + 1) * HEAD, payload, stream }
}
