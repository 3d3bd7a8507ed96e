import type { MaintenanceStore } from '#core/ports.ts'
import type { TokenBucket } from './token-bucket.ts'

/**
 * Holds back what is sent to a store. An object is paid for before it is sent, so on the line it may be quicker than the rate for as long
 * as one object takes; over several objects the rate holds. Reading is not held back: a restore is waited for.
 */
export const pacedStore = (store: MaintenanceStore, bucket: TokenBucket): MaintenanceStore => ({
  ...store,
  put: async (key, parts, signal) => {
    await bucket.take(
      parts.reduce((sum, { length }) => sum + length, 0),
      signal,
    )
    return store.put(key, parts)
  },
  supersede: async (key, bytes) => {
    await bucket.take(bytes.length)
    return store.supersede(key, bytes)
  },
})
