import { ObjectDamagedError, ObjectNotAuthenticError } from '#core/errors/repository.ts'
import type { Engine } from '../engine.ts'
import { TYPE } from '../format/kinds.ts'
import { recordSize } from '../format/record.ts'
import type { Session } from '../format/session-entry.ts'
import type { RecordEntry } from '../format/trailer.ts'
import { type OpenOutcome, type OpenTask, perform } from '../workers/task.ts'

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
  (await open(engine, record, true)) as Uint8Array

/** As `openPackRecord`, without the plaintext. */
export const verifyPackRecord = async (engine: Opener, record: PackedRecord): Promise<void> => {
  await open(engine, record, false)
}

const open = async (engine: Opener, record: PackedRecord, wanted: boolean) => {
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
    wanted,
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
    // Of a size that comes again, whatever the size of the record.
    const shared = buffers.take(roundUp(task.record.length))
    shared.set(task.record)
    try {
      return await crew.run({ ...task, record: shared.subarray(0, task.record.length) })
    } finally {
      buffers.give(shared)
    }
  })
}

const roundUp = (size: number): number => Math.max(64 * 1024, 2 ** Math.ceil(Math.log2(size)))
