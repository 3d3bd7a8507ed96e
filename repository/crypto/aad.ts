import { createHash } from 'node:crypto'
import { CIPHER_AES_256_GCM, FORMAT_VERSION, ID_SIZE } from '../format/kinds.ts'

const AAD_SIZE = 76 // bytes

export interface Binding {
  type: number
  compression: number
  /** 16 bytes; zeros where there is no session */
  sessionId: Uint8Array
  sequence: number
  /** bytes */
  plaintextLength: number
  /** 32 bytes: id of the record, or digest of the object's name */
  subject: Uint8Array
}

export const NO_SESSION: Uint8Array = new Uint8Array(16)

/** What ciphertext is bound to, so that nothing can take another's place; docs/repository-format.md, section 5. */
export const encodeAad = (repositoryId: Uint8Array, b: Binding): Buffer => {
  const out = Buffer.alloc(AAD_SIZE)
  out[0] = FORMAT_VERSION
  out.set(repositoryId, 1)
  out[17] = b.type
  out[18] = CIPHER_AES_256_GCM
  out[19] = b.compression
  out.set(b.sessionId, 20)
  out.writeUInt32LE(b.sequence, 36)
  out.writeUInt32LE(b.plaintextLength, 40)
  out.set(b.subject.subarray(0, ID_SIZE), 44)
  return out
}

export const nameDigest = (key: string): Buffer => createHash('sha256').update(key).digest()
