import { ObjectExistsError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { ObjectStore } from '#core/ports.ts'
import { CLOSED_NAME, isClosedName } from '../format/closed-name.ts'

/**
 * Takes the name of a commit record for ever, so that an attempt that stood still cannot commit any more, whenever it wakes up.
 * @returns `false` when a commit record was first
 */
export const closeName = async (store: ObjectStore, key: string): Promise<boolean> => {
  try {
    await store.put(key, [CLOSED_NAME])
    return true
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error
  }
  try {
    return isClosedName(await store.get(key))
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false // deleted this moment; the next run closes it
    throw error
  }
}
