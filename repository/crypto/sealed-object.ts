import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import type { Random } from '#core/ports.ts'
import { FormatError } from '../format/bytes.ts'
import { decodeSealed, encodeSealedHeader } from '../format/sealed-object.ts'
import { encodeAad, NO_SESSION, nameDigest } from './aad.ts'
import { decrypt, encrypt } from './aes-gcm.ts'
import { compress, decompress } from './compress.ts'
import type { Keys } from './keys.ts'

/**
 * Seals commit records, index segments and intents.
 * @param key name of the object: the contents are bound to it
 * @returns the object
 */
export const sealObject = async (
  keys: Keys,
  random: Random,
  { key, type, epoch }: { key: string; type: number; epoch: number },
  plaintext: Uint8Array,
): Promise<Buffer> => {
  const { compression, bytes } = await compress(plaintext, 3)
  const salt = random.bytes(32)
  const binding = {
    type,
    compression,
    sessionId: NO_SESSION,
    sequence: 0,
    plaintextLength: plaintext.length,
    subject: nameDigest(key),
  }
  const aad = encodeAad(keys.repositoryId, binding)
  const { ciphertext, tag } = encrypt(keys.object({ salt, epoch }), 0, aad, bytes)
  const header = encodeSealedHeader(
    {
      type,
      compression,
      epoch,
      salt,
      plaintextLength: plaintext.length,
      ciphertextLength: ciphertext.length,
    },
    ciphertext,
    tag,
  )
  return Buffer.concat([header, ciphertext, tag])
}

/**
 * @returns what `decode` makes of the plaintext
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`
 */
export const openObject = async <T>(
  keys: Keys,
  { key, type }: { key: string; type: number },
  object: Uint8Array,
  decode: (plaintext: Uint8Array) => T,
): Promise<T> => {
  try {
    const { header, ciphertext, tag } = decodeSealed(object)
    if (header.type !== type)
      throw new ObjectNotAuthenticError(key, `it has type ${header.type} instead of ${type}`)
    const aad = encodeAad(keys.repositoryId, {
      ...header,
      sessionId: NO_SESSION,
      sequence: 0,
      subject: nameDigest(key),
    })
    const bytes = decrypt(keys.object(header), 0, aad, ciphertext, tag)
    if (bytes === undefined)
      throw new ObjectNotAuthenticError(
        key,
        'it was sealed for another name or another repository, or it was forged',
      )
    const { compression, plaintextLength } = header
    return decode(await decompress({ compression, bytes }, plaintextLength))
  } catch (error) {
    throw error instanceof FormatError ? new ObjectDamagedError(key, error.message) : error
  }
}
