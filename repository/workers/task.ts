import {
  type Compressed,
  type CompressionLevel,
  compressNow,
  decompressNow,
} from '../crypto/compress.ts'
import { recordIdWith } from '../crypto/keys.ts'
import { openRecord, sealRecord } from '../crypto/seal-record.ts'
import { copyInto, equal, FormatError, free } from '../format/bytes.ts'
import { decodeRecord } from '../format/record.ts'
import type { RecordEntry } from '../format/trailer.ts'

/** Computes the id of a chunk. */
interface IdentifyTask {
  op: 'identify'
  /** secret: makes ids of this type */
  idKey: Uint8Array
  plaintext: Uint8Array
}

/** Compresses and encrypts a chunk, in its own memory. */
interface SealTask {
  op: 'seal'
  /** begins with the plaintext, has `RECORD_OVERHEAD` bytes more; holds the record afterwards */
  buffer: Uint8Array
  plaintextLength: number
  id: Uint8Array
  type: number
  level: CompressionLevel
  /** secret: the session's */
  key: Uint8Array
  repositoryId: Uint8Array
  sessionId: Uint8Array
  /** given out by the pack of the session, once */
  sequence: number
}

/** What it takes to seal a chunk, but for its id. */
export type SealWork = Omit<SealTask, 'op' | 'id'>

/** Both in one go, while the bytes are near: for chunks that are most likely new. */
type IdentifyAndSealTask = SealWork & Pick<IdentifyTask, 'idKey'> & { op: 'identify-and-seal' }

/** From a record to its plaintext, every level checked. */
export interface OpenTask {
  op: 'open'
  /** from the record's header on */
  record: Uint8Array
  entry: RecordEntry
  /** secret: the session's */
  key: Uint8Array
  /** secret: makes ids of this type */
  idKey: Uint8Array
  repositoryId: Uint8Array
  sessionId: Uint8Array
  /** `false`: only whether it is whole */
  wanted: boolean
  /** where the plaintext is put then; without it in memory of its own */
  into?: Uint8Array | undefined
}

export type ChunkTask = IdentifyTask | SealTask | IdentifyAndSealTask | OpenTask

interface Identified {
  id: Uint8Array
}
export type Sealed = Pick<Compressed, 'compression'> & {
  /** bytes, without the tag */
  ciphertextLength: number
}
export type OpenOutcome =
  | { plaintext: Uint8Array | undefined; damage?: undefined }
  | { damage: 'damaged' | 'not-authentic'; problem: string }

export type Outcome<T extends ChunkTask> = T extends IdentifyTask
  ? Identified
  : T extends SealTask
    ? Sealed
    : T extends IdentifyAndSealTask
      ? Identified & Sealed
      : OpenOutcome

/** Everything that costs CPU in the life of a chunk. Works alike in any thread; keeps nothing, asks nobody. */
export const perform = (task: ChunkTask): Outcome<ChunkTask> => {
  switch (task.op) {
    case 'identify':
      return { id: recordIdWith(task.idKey, task.plaintext) }
    case 'seal':
      return seal(task)
    case 'identify-and-seal': {
      const id = recordIdWith(task.idKey, task.buffer.subarray(0, task.plaintextLength))
      return { id, ...seal({ ...task, op: 'seal', id }) }
    }
    case 'open':
      return open(task)
  }
}

const seal = (task: SealTask): Sealed => {
  const { buffer, plaintextLength, level, key, repositoryId } = task
  const plaintext = buffer.subarray(0, plaintextLength)
  const { compression, bytes } = compressNow(plaintext, level)
  const [header, ciphertext, tag] = sealRecord(key, repositoryId, { ...task, compression, bytes })
  if (bytes !== plaintext) free(bytes)
  buffer.set(header)
  copyInto(buffer, header.length, ciphertext)
  buffer.set(tag, header.length + ciphertext.length)
  const ciphertextLength = ciphertext.length
  free(ciphertext)
  return { compression, ciphertextLength }
}

const notAuthentic = (problem: string): OpenOutcome => ({ damage: 'not-authentic', problem })
const damaged = (problem: string): OpenOutcome => ({ damage: 'damaged', problem })

const open = (task: OpenTask) => {
  const { record, entry, key, idKey, repositoryId, sessionId, wanted, into } = task
  const at = `the record at byte ${entry.offset}`
  try {
    const decoded = decodeRecord(record)
    const { header } = decoded
    const expected =
      header.type === entry.type &&
      header.compression === entry.compression &&
      header.sequence === entry.sequence &&
      header.ciphertextLength === entry.ciphertextLength &&
      header.plaintextLength === entry.plaintextLength &&
      equal(header.sessionId, sessionId)
    if (!expected) return notAuthentic(`${at} is not the one that its trailer describes`)
    const bytes = openRecord(key, repositoryId, entry.id, decoded)
    if (bytes === undefined)
      return notAuthentic(`${at} was sealed for another place, or it was forged`)
    const { compression, plaintextLength } = header
    const plaintext = decompressNow({ compression, bytes }, plaintextLength)
    if (plaintext !== bytes) free(bytes)
    const holds = equal(recordIdWith(idKey, plaintext), entry.id)
    if (holds && wanted && !into) return { plaintext }
    if (holds && wanted && into) copyInto(into, 0, plaintext)
    free(plaintext)
    return holds ? { plaintext: undefined } : damaged(`${at} holds other data than its id says`)
  } catch (error) {
    if (error instanceof FormatError) return damaged(`${at}: ${error.message}`)
    throw error
  }
}
