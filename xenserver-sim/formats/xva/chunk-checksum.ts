import { createHash } from 'node:crypto'
import xxhash from 'xxhash-wasm'

/** `xxhash` since xapi 1.170 (May 2019), `sha1` before; the file beside a chunk is named after it. */
export type ChecksumKind = 'xxhash' | 'sha1'

const { h64Raw } = await xxhash()

const kinds = {
  /** XXH64, seed 0, 16 digits in upper case. */
  xxhash: {
    suffix: '.xxhash',
    of: (data: Buffer) => h64Raw(data).toString(16).padStart(16, '0').toUpperCase(),
  },
  sha1: {
    suffix: '.checksum',
    of: (data: Buffer) => createHash('sha1').update(data).digest('hex'),
  },
}

export const checksumSuffix = (kind: ChecksumKind): string => kinds[kind].suffix
export const checksumOf = (kind: ChecksumKind, data: Buffer): string => kinds[kind].of(data)
export const checksumKinds = Object.keys(kinds) as ChecksumKind[]
