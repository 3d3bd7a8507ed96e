import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { copyInto } from '../format/bytes.ts'
import { TYPE } from '../format/kinds.ts'
import { recordSize } from '../format/record.ts'
import type { Session } from '../format/session-entry.ts'
import type { RecordEntry } from '../format/trailer.ts'
import { type OpenOutcome, type OpenTask, perform } from '../workers/task.ts'
import { slotSize } from '../write/buffer-pool.ts'

type Opener = Pick<Engine, 'keys' | 'crew' | 'buffers' | 'opening'>

/** A record that lies in a pack. */
export interface PackedRecord {
  /** name of the pack, for messages */
  key: string
  entry: RecordEntry
  session: Session
  /** from the record's header on; more may follow */
  bytes: Uint8Array
}

/**
 * From a pack's bytes to the plaintext, checked at every level: CRC, authenticity, length, id. Chunks go to the crew.
 * @throws `OBJECT_DAMAGED`, `OBJECT_NOT_AUTHENTIC`
 */
export const openPackRecord = async (engine: Opener, record: PackedRecord): Promise<Uint8Array> =>
  (await open(engine, record, { wanted: true })) as Uint8Array

/** As `openPackRecord`. @param into shared memory of the plaintext's length; left alone when the promise has settled */
export const openPackRecordInto = async (
  engine: Opener,
  record: PackedRecord,
  into: Uint8Array,
): Promise<Uint8Array> => {
  await open(engine, record, { wanted: true, into })
  return into
}

/** As `openPackRecord`, without the plaintext. */
export const verifyPackRecord = async (engine: Opener, record: PackedRecord): Promise<void> => {
  await open(engine, record, { wanted: false })
}

const open = async (
  engine: Opener,
  record: PackedRecord,
  result: Pick<OpenTask, 'wanted' | 'into'>,
) => {
  const { keys } = engine
  const { key, entry, session, bytes } = record
  const outcome = await perhapsElsewhere(engine, {
    op: 'open',
    record: bytes.subarray(0, recordSize(entry.ciphertextLength)),
    entry,
    key: keys.session(session),
    idKey: keys.recordIdKey(entry.type),
    repositoryId: keys.repositoryId,
    sessionId: session.id,
    ...result,
  })
  if (outcome.damage === undefined) return outcome.plaintext
  throw outcome.damage === 'damaged'
    ? new ObjectDamagedError(key, outcome.problem)
    : new ObjectNotAuthenticError(key, outcome.problem)
}

/** Pages and roots are small: their way to another thread would take longer than the work. */
const perhapsElsewhere = async (
  { crew, buffers, opening }: Opener,
  task: OpenTask,
): Promise<OpenOutcome> => {
  if (task.entry.type !== TYPE.chunk) return perform(task) as OpenOutcome
  return opening.run(async () => {
    if (task.record.buffer instanceof SharedArrayBuffer) return crew.run(task)
    const shared = buffers.take(slotSize(task.record.length))
    copyInto(shared, 0, task.record)
    try {
      return await crew.run({ ...task, record: shared.subarray(0, task.record.length) })
    } finally {
      buffers.give(shared)
    }
  })
}
