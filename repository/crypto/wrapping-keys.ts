import { argon2, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyContext } from '#core/ports.ts'
import { fromHex } from '../format/bytes.ts'
import { deriveKey } from './hkdf.ts'

const scryptAsync = promisify<string, Uint8Array, number, object, Buffer>(scrypt)
const argon2Async = promisify(argon2)

const KEY_SIZE = 32 // bytes

/** N = 2^17, r = 8: 128 MiB and about half a second for every guess. */
export const DEFAULT_LOG_N = 17

/** How much one guess costs with Argon2id. */
export interface Argon2Cost {
  memoryKiB: number
  passes: number
  lanes: number
}

/** Four times the memory of RFC 9106's second recommended option (64 MiB, t = 3, p = 4): about half a second for every guess. */
export const DEFAULT_ARGON2: Argon2Cost = { memoryKiB: 256 * 1024, passes: 3, lanes: 4 }

/**
 * RFC 7914.
 * @param salt 64 hex digits
 */
export const scryptKey = (
  passphrase: string,
  { logN, r, p, salt }: { logN: number; r: number; p: number; salt: string },
): Promise<Buffer> => {
  const N = 2 ** logN
  // Node's own limit is 32 MiB; 128 * N * r is what the algorithm needs, with some room.
  const maxmem = 128 * N * r + 1024 * 1024
  return scryptAsync(passphrase.normalize('NFC'), fromHex(salt), KEY_SIZE, { N, r, p, maxmem })
}

/**
 * RFC 9106, type id, version 0x13, without secret and associated data.
 * @param salt 64 hex digits
 */
export const argon2idKey = (
  passphrase: string,
  { memoryKiB, passes, lanes, salt }: Argon2Cost & { salt: string },
): Promise<Buffer> =>
  argon2Async('argon2id', {
    message: passphrase.normalize('NFC'),
    nonce: fromHex(salt),
    memory: memoryKiB,
    passes,
    parallelism: lanes,
    tagLength: KEY_SIZE,
  })

/** @param key 32 bytes, strong in themselves: no slow function is needed */
export const recoveryWrappingKey = (
  key: Uint8Array,
  { salt, repositoryId }: { salt: string; repositoryId: string },
): Buffer => deriveKey(key, 'recovery', [fromHex(repositoryId)], fromHex(salt))

/** Binds what the key service encrypts to one repository, and lets a key policy allow just that one. */
export const kmsContext = (repositoryId: string): KeyContext => ({
  'xenkeep:repository': repositoryId,
})
