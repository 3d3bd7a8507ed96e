import { scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { fromHex } from '../format/bytes.ts'
import { deriveKey } from './hkdf.ts'

const scryptAsync = promisify<string, Uint8Array, number, object, Buffer>(scrypt)

/** N = 2^17, r = 8: 128 MiB and about half a second for every guess. */
export const DEFAULT_LOG_N = 17

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
  return scryptAsync(passphrase.normalize('NFC'), fromHex(salt), 32, { N, r, p, maxmem })
}

/** @param key 32 bytes, strong in themselves: no slow function is needed */
export const recoveryWrappingKey = (
  key: Uint8Array,
  { salt, repositoryId }: { salt: string; repositoryId: string },
): Buffer => deriveKey(key, 'recovery', [fromHex(repositoryId)], fromHex(salt))
