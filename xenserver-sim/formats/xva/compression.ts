import { pipeline, Readable } from 'node:stream'
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { ForwardReader } from '../forward-reader.ts'
import { decodeTarHeader, TAR_BLOCK } from './tar-header.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

const ZSTD_MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** The query's `use_compression`: `true` means gzip, anything unknown means none. */
export function requestedCompression(value: string | null): Compression {
  if (value === 'true' || value === 'gzip') return 'gzip'
  return value === 'zstd' ? 'zstd' : 'none'
}

/** Wraps the whole stream. */
export function compress(
  source: AsyncIterable<Buffer>,
  compression: Compression,
): AsyncIterable<Buffer> {
  if (compression === 'none') return source
  const compressor = compression === 'gzip' ? createGzip({ level: 1 }) : createZstdCompress()
  return pipeline(Readable.from(source, { objectMode: false }), compressor, () => {})
}

export interface Decompressed {
  reader: ForwardReader
  /** Lets go of the decompressor; the stream below is left where it is. */
  stop(): void
}

/** XAPI looks at the first 512 bytes: a tar header means plain, zstd's magic zstd, and everything else is gzip. */
export async function decompress(reader: ForwardReader): Promise<Decompressed> {
  const start = await reader.readUpTo(TAR_BLOCK)
  reader.unread(start)
  if (start.length === TAR_BLOCK && decodeTarHeader(start)) return { reader, stop: () => {} }
  const isZstd = start.subarray(0, ZSTD_MAGIC.length).equals(ZSTD_MAGIC)
  const decompressor = isZstd ? createZstdDecompress() : createGunzip()
  const stream = pipeline(Readable.from(reader.remaining()), decompressor, () => {})
  return {
    reader: new ForwardReader(untilDamage(stream)),
    stop: () => stream.destroy(),
  }
}

/** The tool in between just ends where it cannot go on, so damage looks like an early end. */
async function* untilDamage(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const piece of stream) yield piece as Buffer
  } catch {
    return
  }
}
