import {
  LockModeFixedError,
  LockUnsupportedError,
  ObjectNotFoundError,
  StoreDeniedError,
} from '#core/errors/store.ts'
import type { Clock, ObjectStore, RetainingStore, Retention } from '#core/ports.ts'
import { strongerRetention } from '#core/retention.ts'
import { asRetaining } from './point-locks.ts'

/**
 * Locks a new slot or bootstrap as long as the others of its kind, so that points do not look unlocked until the next backup extends all
 * locks. Where that cannot be had the next backup does it.
 * @param others keys
 */
export const lockAsOthers = async (
  store: ObjectStore,
  key: string,
  others: readonly string[],
  clock: Clock,
): Promise<void> => {
  try {
    const retaining = asRetaining(store)
    const strongest = await strongestOf(retaining, others)
    const now = (await retaining.lockSupport()).time ?? clock.now()
    if (strongest && strongest.until > now)
      await retaining.retain(key, strongest.until, strongest.mode)
  } catch (error) {
    if (!LEFT_TO_BACKUPS.some(kind => error instanceof kind)) throw error
  }
}

const LEFT_TO_BACKUPS = [LockUnsupportedError, LockModeFixedError, StoreDeniedError]

const strongestOf = async (
  store: RetainingStore,
  keys: readonly string[],
): Promise<Retention | undefined> => {
  let strongest: Retention | undefined
  for (const key of keys) {
    const found = await store.retention(key).catch(error => {
      if (!(error instanceof ObjectNotFoundError)) throw error
    })
    if (found) strongest = strongerRetention(strongest, found)
  }
  return strongest
}
