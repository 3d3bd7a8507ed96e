import { LockUnsupportedError, ObjectExistsError } from '#core/errors/store.ts'
import type { MaintenanceStore, Retention } from '#core/ports.ts'
import { strongerRetention } from '#core/retention.ts'
import { equal } from '../format/bytes.ts'

/**
 * Gives an object the bytes that it was made with. Where its name is free they are just put there. Where something else has the name they
 * become a new version above it, which stays; only a store without versions has to remove it first, which is safe because the bytes are
 * at hand. The lock of the older versions is taken over.
 * @returns why it is still not there, or `undefined`
 * @throws `STORE_*`, `OBJECT_LOCKED`
 */
export const putBack = async (
  store: MaintenanceStore,
  key: string,
  bytes: Uint8Array,
): Promise<string | undefined> => {
  const { versioning, time = 0 } = await store.lockSupport()
  const lock = await longestLock(store, key, bytes)
  if ((await store.stat(key)) === undefined) await putIfFree(store, key, bytes)
  else if (versioning) await store.supersede(key, bytes)
  else {
    for await (const { key: name, version } of store.versions(key))
      if (name === key) await store.remove(key, version)
    await putIfFree(store, key, bytes)
  }
  if (!equal(await store.get(key), bytes)) return 'the store does not give back what was put there'
  if (!lock || lock.until <= time) return undefined
  try {
    await store.retain(key, lock.until, lock.mode)
    return undefined
  } catch (error) {
    if (error instanceof LockUnsupportedError) return undefined
    throw error
  }
}

/** Somebody else may be healing the same at this moment. */
const putIfFree = async (store: MaintenanceStore, key: string, bytes: Uint8Array) => {
  try {
    await store.put(key, [bytes])
  } catch (error) {
    if (!(error instanceof ObjectExistsError)) throw error
  }
}

/** Of versions that are what it was made with: how somebody locked what he put in its place is none of our business. */
const longestLock = async (
  store: MaintenanceStore,
  key: string,
  bytes: Uint8Array,
): Promise<Retention | undefined> => {
  let lock: Retention | undefined
  for await (const { key: name, version, size, deleteMarker } of store.versions(key)) {
    if (name !== key || deleteMarker || size !== bytes.length) continue
    if (!equal(await store.getVersion(key, version), bytes)) continue
    const found = await store.retention(key, version)
    if (found) lock = lock ? strongerRetention(lock, found) : found
  }
  return lock
}
