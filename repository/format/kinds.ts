/** Numbers of types and algorithms; docs/repository-format.md, section 2. */
export const FORMAT_VERSION = 1

export const TYPE = {
  chunk: 1,
  page: 2,
  root: 3,
  packTable: 4,
  streamPage: 5,
  streamRoot: 6,
  trailer: 16,
  commit: 17,
  segment: 18,
  intent: 19,
  collector: 20,
  checkpoint: 21,
  damageList: 24,
  verification: 25,
  proof: 26,
} as const

export const ID_HMAC_SHA_256 = 1
export const CIPHER_AES_256_GCM = 1
export const COMPRESSION = { raw: 0, zstd: 1 } as const
export const SESSION_DERIVED = 1
export const PACK_KIND = { data: 1, meta: 2 } as const

export const ID_SIZE = 32 // bytes of HMAC-SHA-256
export const TAG_SIZE = 16 // bytes of an AES-GCM tag
export const MAX_PLAINTEXT = 4 * 1024 * 1024 // the largest chunk

/** The id that stands for "all zero". */
export const ZERO_ID: Uint8Array = new Uint8Array(ID_SIZE)
