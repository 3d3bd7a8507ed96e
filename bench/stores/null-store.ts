import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import type { ObjectStore } from '#core/ports.ts'

export interface NullStore extends ObjectStore {
  /** calls so far, by their S3 names, and bytes of what was put */
  readonly counts: { put: number; get: number; list: number; head: number; bytes: number }
}

/** A store that forgets the contents of data packs at once: what is left to measure is the engine. */
export const nullStore = (): NullStore => {
  const store = memoryObjectStore({ versioning: false })
  const forgotten = new Map<string, { key: string; size: number; modified: number }>()
  const counts = { put: 0, get: 0, list: 0, head: 0, bytes: 0 }
  return {
    address: 'null:',
    counts,
    put: async (key, parts) => {
      const size = parts.reduce((sum, part) => sum + part.length, 0)
      counts.put++
      counts.bytes += size
      if (key.startsWith('packs/')) forgotten.set(key, { key, size, modified: Date.now() })
      else await store.put(key, parts)
    },
    get: (key, range) => {
      counts.get++
      return store.get(key, range)
    },
    stat: async key => {
      counts.head++
      return forgotten.get(key) ?? store.stat(key)
    },
    list: async function* (prefix, options) {
      counts.list++
      yield* store.list(prefix, options)
      const after = options?.after ?? ''
      for (const object of [...forgotten.values()].sort((a, b) => (a.key < b.key ? -1 : 1)))
        if (object.key.startsWith(prefix) && object.key > after) yield object
    },
  }
}
