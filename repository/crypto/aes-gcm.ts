import { createCipheriv, createDecipheriv } from 'node:crypto'
import { TAG_SIZE } from '../format/kinds.ts'
import { secretKey } from './secret-key.ts'

const ALGORITHM = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_SIZE }

/** @returns the 12 bytes for a sequence number: unique because every key is made for one session */
const nonce = (sequence: number): Buffer => {
  const out = Buffer.alloc(12)
  out.writeUInt32LE(sequence, 0)
  return out
}

export const encrypt = (
  key: Uint8Array,
  sequence: number,
  aad: Uint8Array,
  plaintext: Uint8Array,
): { ciphertext: Buffer; tag: Buffer } => {
  const cipher = createCipheriv(ALGORITHM, secretKey(key), nonce(sequence), OPTIONS)
  cipher.setAAD(aad)
  const ciphertext = cipher.update(plaintext)
  cipher.final()
  return { ciphertext, tag: cipher.getAuthTag() }
}

/** @returns the plaintext, or `undefined` when key, place or bytes are not those it was sealed with */
export const decrypt = (
  key: Uint8Array,
  sequence: number,
  aad: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Buffer | undefined => {
  const decipher = createDecipheriv(ALGORITHM, secretKey(key), nonce(sequence), OPTIONS)
  decipher.setAAD(aad)
  decipher.setAuthTag(tag)
  const plaintext = decipher.update(ciphertext)
  try {
    decipher.final()
    return plaintext
  } catch {
    return undefined
  }
}
