import { ObjectLockedError, StoreDeniedError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'

/**
 * Removes what newer objects took over.
 * @param store with the rights of the maintenance role; without them everything stays, which costs room, no more
 */
export const removeReplaced = async (
  store: MaintenanceStore,
  names: Iterable<string>,
): Promise<void> => {
  try {
    for (const name of names)
      for await (const { key, version } of store.versions(name))
        if (key === name) await store.remove(key, version)
  } catch (error) {
    if (!(error instanceof StoreDeniedError || error instanceof ObjectLockedError)) throw error
  }
}
