import { ObjectLockedError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectVersion } from '#core/ports.ts'

/** The last there is (ECMA-262, 21.4.1.1): for a lock whose end nobody tells. */
const LAST_DATE = 8.64e15

/** @returns until when the version, or the newest, is locked (milliseconds since 1970), or `undefined` */
export const lockedUntil = async (
  store: MaintenanceStore,
  { key, version, deleteMarker = false }: Pick<ObjectVersion, 'key'> & Partial<ObjectVersion>,
  now: number,
): Promise<number | undefined> => {
  if (deleteMarker) return undefined
  try {
    const until = (await store.retention(key, version))?.until
    return until !== undefined && until > now ? until : undefined
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined
    throw error
  }
}

/** @returns the latest end of a lock among them */
export const latestLock = async (
  store: MaintenanceStore,
  versions: Iterable<ObjectVersion>,
  now: number,
): Promise<number | undefined> => {
  let latest: number | undefined
  for (const version of versions) {
    const until = await lockedUntil(store, version, now)
    if (until !== undefined && until > (latest ?? 0)) latest = until
  }
  return latest
}

/**
 * Removes versions that are not locked: asked first, so that the store has nothing to refuse. From the oldest to the newest, so that
 * no old version comes to light on the way.
 * @param versions of one listing: those of a key from the newest to the oldest
 * @param now the store's time
 * @returns until when some of them are still locked (milliseconds since 1970); `undefined` when all are gone
 */
export const removeVersions = async (
  store: MaintenanceStore,
  versions: readonly ObjectVersion[],
  now: number,
): Promise<number | undefined> => {
  let latest: number | undefined
  for (const version of versions.toReversed()) {
    const until = (await lockedUntil(store, version, now)) ?? (await remove(store, version))
    if (until !== undefined) latest = Math.max(latest ?? 0, until)
  }
  return latest
}

/** @returns the end of a lock that was set since we asked */
const remove = async (
  store: MaintenanceStore,
  { key, version }: ObjectVersion,
): Promise<number | undefined> => {
  try {
    await store.remove(key, version)
    return undefined
  } catch (error) {
    if (error instanceof ObjectLockedError) return error.until ?? LAST_DATE
    throw error
  }
}
