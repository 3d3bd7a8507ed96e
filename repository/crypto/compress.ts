import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import { FormatError } from '../format/bytes.ts'
import { COMPRESSION } from '../format/kinds.ts'

const compressAsync = promisify(zstdCompress)
const decompressAsync = promisify(zstdDecompress)

/** zstd's levels worth having: 1 where the CPU is the bottleneck, 3 where the uplink is (0.37 instead of 0.39, half the speed). */
export type CompressionLevel = 1 | 3

export interface Compressed {
  compression: number
  bytes: Uint8Array
}

/** Below this share of saving, decompression costs more than the bytes. */
const WORTHWHILE = 0.97

/** @returns zstd, or the same memory where that gains less than 3 % */
export const compress = async (
  plaintext: Uint8Array,
  level: CompressionLevel,
): Promise<Compressed> => {
  const bytes = await compressAsync(plaintext, {
    // One output buffer for the whole: +10 to 20 %.
    chunkSize: Math.max(plaintext.length, 1024),
    pledgedSrcSize: plaintext.length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  })
  // A copy of its true size: the output buffer is as large as the plaintext, and would live as long as the pack.
  return bytes.length < plaintext.length * WORTHWHILE
    ? { compression: COMPRESSION.zstd, bytes: Buffer.from(bytes) }
    : { compression: COMPRESSION.raw, bytes: plaintext }
}

const limits = (size: number) => ({
  // One byte more than needed lets zlib finish in one call: +35 %.
  chunkSize: Math.max(size + 1, 64),
  maxOutputLength: Math.max(size, 1),
})

const checked = (bytes: Uint8Array, size: number): Uint8Array => {
  if (bytes.length !== size) throw new FormatError('it decompresses to a wrong length')
  return bytes
}

const undecodable = () => new FormatError('it cannot be decompressed')

/**
 * @param size bytes of the plaintext
 * @throws FormatError
 */
export const decompress = async (
  { compression, bytes }: Compressed,
  size: number,
): Promise<Uint8Array> => {
  if (compression === COMPRESSION.raw) return checked(bytes, size)
  return checked(
    await decompressAsync(bytes, limits(size)).catch(() => Promise.reject(undecodable())),
    size,
  )
}
