import type { XenkeepError } from '../../errors/base.ts'
import { InvocationIdKeptError } from '../../errors/restore-rules.ts'
import { breachOfTombstoneLife, tombstoneLifeOf } from './tombstone-life.ts'

type Given = Readonly<Record<string, string>>

const filled = (text: string | undefined) => (text === undefined || text === '' ? undefined : text)

/** `tombstoneLifetime` and `deletedObjectLifetime` as the directory told them when the point was made; empty where they have no value. */
export const tombstoneLife = (
  { tombstoneLifetime, deletedObjectLifetime }: Given,
  { taken, now }: { taken: number; now: number },
): XenkeepError | undefined => {
  const life = tombstoneLifeOf({
    tombstoneLifetime: filled(tombstoneLifetime),
    deletedObjectLifetime: filled(deletedObjectLifetime),
  })
  return breachOfTombstoneLife({ taken, life }, now)?.error
}

/** A directory that goes on under the invocation id of before would use its numbers of changes twice. */
export const newInvocationId = ({ before = '', after = '' }: Given): XenkeepError | undefined =>
  after === '' || after.toLowerCase() === before.toLowerCase()
    ? new InvocationIdKeptError(before)
    : undefined
