import type { MaintenanceStore } from '#core/ports.ts'

/** Calls by the first part of the name, as `packs/`: a listing counts once, however many pages it takes. */
export interface Counts {
  put: Map<string, number>
  list: Map<string, number>
  get: Map<string, number>
  /** of locks: GetObjectRetention is billed as GET, PutObjectRetention as PUT */
  retention: number
  retain: number
}

/** Counts what is asked of a store. */
export const countingStore = (
  store: MaintenanceStore,
): { store: MaintenanceStore; counts: Counts; reset: () => void } => {
  const counts: Counts = {
    put: new Map(),
    list: new Map(),
    get: new Map(),
    retention: 0,
    retain: 0,
  }
  const count = (calls: Map<string, number>, key: string) => {
    const prefix = key.slice(0, key.indexOf('/') + 1)
    calls.set(prefix, (calls.get(prefix) ?? 0) + 1)
  }
  return {
    counts,
    reset: () => {
      for (const calls of [counts.put, counts.list, counts.get]) calls.clear()
      counts.retention = 0
      counts.retain = 0
    },
    store: {
      ...store,
      put: (key, parts) => {
        count(counts.put, key)
        return store.put(key, parts)
      },
      get: (key, range, into) => {
        count(counts.get, key)
        return store.get(key, range, into)
      },
      getVersion: (key, version, range) => {
        count(counts.get, key)
        return store.getVersion(key, version, range)
      },
      list: (prefix, options) => {
        count(counts.list, prefix)
        return store.list(prefix, options)
      },
      versions: (prefix, options) => {
        count(counts.list, prefix)
        return store.versions(prefix, options)
      },
      retention: (key, version) => {
        counts.retention++
        return store.retention(key, version)
      },
      retain: (key, until, mode) => {
        counts.retain++
        return store.retain(key, until, mode)
      },
    },
  }
}
