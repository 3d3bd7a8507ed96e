import { promisify } from 'node:util'
import {
  constants,
  type ZstdOptions,
  zstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from 'node:zlib'
import { FormatError, free } from '../format/bytes.ts'
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

/**
 * Room for the worst case (zstd's ZSTD_compressBound) lets zstd write its one frame straight into the result: +18 % on 1 MiB
 * against room for the plaintext, +30 % against zlib's default.
 */
const optionsOf = (size: number, level: CompressionLevel): ZstdOptions => ({
  chunkSize: size + (size >> 8) + 128,
  pledgedSrcSize: size,
  params: { [constants.ZSTD_c_compressionLevel]: level },
})

const pays = (compressed: Uint8Array, plaintext: Uint8Array): boolean =>
  compressed.length < plaintext.length * WORTHWHILE

/** Below this the way to another thread and back takes longer than the work. */
const AT_ONCE = 64 * 1024 // bytes

/** @returns zstd, or the same memory where that gains less than 3 % */
export const compress = async (
  plaintext: Uint8Array,
  level: CompressionLevel,
): Promise<Compressed> => {
  if (plaintext.length <= AT_ONCE) return compressNow(plaintext, level)
  const bytes = await compressAsync(plaintext, optionsOf(plaintext.length, level))
  // A copy of its true size: the output buffer is as large as the plaintext, and would live as long as the pack.
  return pays(bytes, plaintext)
    ? { compression: COMPRESSION.zstd, bytes: Buffer.from(bytes) }
    : { compression: COMPRESSION.raw, bytes: plaintext }
}

/** As `compress`, in this thread. The result may lie in memory of its own that is larger than it. */
export const compressNow = (plaintext: Uint8Array, level: CompressionLevel): Compressed => {
  const bytes = zstdCompressSync(plaintext, optionsOf(plaintext.length, level))
  if (pays(bytes, plaintext)) return { compression: COMPRESSION.zstd, bytes }
  free(bytes)
  return { compression: COMPRESSION.raw, bytes: plaintext }
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
  if (size <= AT_ONCE || compression === COMPRESSION.raw)
    return decompressNow({ compression, bytes }, size)
  return checked(
    await decompressAsync(bytes, limits(size)).catch(() => Promise.reject(undecodable())),
    size,
  )
}

/** As `decompress`, in this thread. @throws FormatError */
export const decompressNow = ({ compression, bytes }: Compressed, size: number): Uint8Array => {
  if (compression === COMPRESSION.raw) return checked(bytes, size)
  let plaintext: Uint8Array
  try {
    plaintext = zstdDecompressSync(bytes, limits(size))
  } catch {
    throw undecodable()
  }
  return checked(plaintext, size)
}
