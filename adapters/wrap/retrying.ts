import { ObjectExistsError } from '#core/errors/store.ts'
import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { type BackoffOptions, withBackoff } from './backoff.ts'
import { resumed } from './resumed.ts'

/**
 * Repeats what failed with a retryable error. All but a put may be repeated as it is.
 *
 * A put whose reply got lost has made the object, and its repetition meets it: when the stored bytes are the ones sent, the put
 * has succeeded. So two writers that race for a key must not send the same bytes, or both may believe they won: an object
 * that decides something holds something of its writer's own.
 */
export const retrying = (store: MaintenanceStore, options: BackoffOptions): MaintenanceStore => {
  const isStored = async (key: string, parts: readonly Uint8Array[]) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    if ((await store.stat(key))?.size !== size) return false
    return Buffer.concat(parts).equals(await store.get(key))
  }

  const put: ObjectStore['put'] = (key, parts) => {
    let inDoubt = false // set by a call that failed without saying whether it took effect
    return withBackoff(options, async () => {
      try {
        await store.put(key, parts)
      } catch (error) {
        if (inDoubt && error instanceof ObjectExistsError && (await isStored(key, parts))) return
        inDoubt = true
        throw error
      }
    })
  }

  const again = <T>(work: () => Promise<T>) => withBackoff(options, work)

  return {
    address: store.address,
    put,
    get: (key, range, memory) => again(() => store.get(key, range, memory)),
    stat: key => again(() => store.stat(key)),
    list: (prefix, { after = '' } = {}) =>
      resumed(
        options,
        after,
        behind => store.list(prefix, { after: behind }),
        () => '',
      ),
    lockSupport: () => again(() => store.lockSupport()),
    retain: (key, until, mode) => again(() => store.retain(key, until, mode)),
    retention: (key, version) => again(() => store.retention(key, version)),
    versions: (prefix, { after = '' } = {}) =>
      resumed(
        options,
        after,
        behind => store.versions(prefix, { after: behind }),
        ({ version }) => version,
      ),
    getVersion: (key, version, range) => again(() => store.getVersion(key, version, range)),
    remove: (key, version) => again(() => store.remove(key, version)),
    // Once more is one more version with the same bytes.
    supersede: (key, bytes) => again(() => store.supersede(key, bytes)),
  }
}
