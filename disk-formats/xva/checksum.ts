import { createHash } from 'node:crypto'
import xxhash from 'xxhash-wasm'

/** Beside each chunk: `xxhash` is what hosts from 8.1 on write; older ones know `sha1` alone. Newer hosts read both. */
export type ChunkChecksum = 'xxhash' | 'sha1'

const { h64Raw } = await xxhash()

export const CHECKSUMS: Record<
  ChunkChecksum,
  { suffix: string; of: (bytes: Uint8Array) => string }
> = {
  /** XXH64 with seed 0, upper case. */
  xxhash: {
    suffix: '.xxhash',
    of: bytes => h64Raw(bytes).toString(16).padStart(16, '0').toUpperCase(),
  },
  sha1: {
    suffix: '.checksum',
    of: bytes => createHash('sha1').update(bytes).digest('hex'),
  },
}
