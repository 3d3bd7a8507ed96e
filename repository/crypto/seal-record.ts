import { CIPHER_AES_256_GCM } from '../format/kinds.ts'
import { encodeRecordHeader, type RecordHeader } from '../format/record.ts'
import { encodeAad } from './aad.ts'
import { decrypt, encrypt } from './aes-gcm.ts'
import type { Compressed } from './compress.ts'

/** @returns header, ciphertext and tag, as they stand in the pack */
export const sealRecord = (
  key: Uint8Array,
  repositoryId: Uint8Array,
  record: {
    id: Uint8Array
    type: number
    sessionId: Uint8Array
    sequence: number
    plaintextLength: number
  } & Compressed,
): [Buffer, Buffer, Buffer] => {
  const { id, type, compression, sessionId, sequence, plaintextLength, bytes } = record
  const aad = encodeAad(repositoryId, {
    type,
    compression,
    sessionId,
    sequence,
    plaintextLength,
    subject: id,
  })
  const { ciphertext, tag } = encrypt(key, sequence, aad, bytes)
  const header = encodeRecordHeader(
    {
      type,
      cipher: CIPHER_AES_256_GCM,
      compression,
      sessionId,
      sequence,
      plaintextLength,
      ciphertextLength: ciphertext.length,
    },
    ciphertext,
    tag,
  )
  return [header, ciphertext, tag]
}

/** @returns the compressed plaintext, or `undefined` when the record is not the one with this id */
export const openRecord = (
  key: Uint8Array,
  repositoryId: Uint8Array,
  id: Uint8Array,
  { header, ciphertext, tag }: { header: RecordHeader; ciphertext: Uint8Array; tag: Uint8Array },
): Buffer | undefined => {
  const aad = encodeAad(repositoryId, { ...header, subject: id })
  return decrypt(key, header.sequence, aad, ciphertext, tag)
}
