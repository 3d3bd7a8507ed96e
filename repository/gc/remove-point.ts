import { NotARecoveryPointError } from '#core/errors/collector.ts'
import { ObjectLockedError } from '#core/errors/store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import type { Engine } from '../engine.ts'
import { isClosedSize } from '../format/closed-name.ts'
import { parsePointName } from '../format/names.ts'
import { closeName } from './close-name.ts'
import { latestLock, removeVersions } from './remove-versions.ts'
import { storeNow } from './store-now.ts'

/**
 * Deletes a recovery point in all its versions and closes its name; the collector frees what it alone needed. May be repeated.
 * @param store with the rights of the maintenance role
 * @param key name of the commit record
 * @throws `OBJECT_LOCKED`: nothing was removed; `NOT_A_RECOVERY_POINT`
 */
export const removePoint = async (
  engine: Engine,
  store: MaintenanceStore,
  key: string,
): Promise<void> => {
  if (!parsePointName(key)) throw new NotARecoveryPointError(key)
  const now = await storeNow(engine, store)
  // Again where another attempt of the same job took the name between the removal and the closing: its packs are all there still.
  do {
    const versions = (await Array.fromAsync(store.versions(key))).filter(
      found => found.key === key && (found.deleteMarker || !isClosedSize(found.size)),
    )
    const until =
      (await latestLock(store, versions, now)) ?? (await removeVersions(store, versions, now))
    if (until !== undefined) throw new ObjectLockedError(key, until)
  } while (!(await closeName(store, key)))
}
