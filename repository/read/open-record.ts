import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import { decompress } from '../crypto/compress.ts'
import type { Keys } from '../crypto/keys.ts'
import { openRecord } from '../crypto/seal-record.ts'
import { equal, FormatError } from '../format/bytes.ts'
import { decodeRecord } from '../format/record.ts'
import type { Session } from '../format/session-entry.ts'
import type { RecordEntry } from '../format/trailer.ts'

/**
 * From a pack's bytes to the plaintext, checked at every level: CRC, authenticity, length, id.
 * @param key name of the pack, for messages
 * @param bytes from the record's header on
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`
 */
export const openPackRecord = async (
  keys: Keys,
  key: string,
  entry: RecordEntry,
  session: Session,
  bytes: Uint8Array,
): Promise<Uint8Array> => {
  const at = `the record at byte ${entry.offset}`
  try {
    const record = decodeRecord(bytes)
    const { header } = record
    const expected =
      header.type === entry.type &&
      header.compression === entry.compression &&
      header.sequence === entry.sequence &&
      header.ciphertextLength === entry.ciphertextLength &&
      header.plaintextLength === entry.plaintextLength &&
      equal(header.sessionId, session.id)
    if (!expected)
      throw new ObjectNotAuthenticError(key, `${at} is not the one that its trailer describes`)
    const opened = openRecord(keys.session(session), keys.repositoryId, entry.id, record)
    if (opened === undefined)
      throw new ObjectNotAuthenticError(key, `${at} was sealed for another place, or it was forged`)
    const plaintext = await decompress(
      { compression: header.compression, bytes: opened },
      header.plaintextLength,
    )
    if (!equal(keys.recordId(header.type, plaintext), entry.id))
      throw new ObjectDamagedError(key, `${at} holds other data than its id says`)
    return plaintext
  } catch (error) {
    throw error instanceof FormatError
      ? new ObjectDamagedError(key, `${at}: ${error.message}`)
      : error
  }
}
