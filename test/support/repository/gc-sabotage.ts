import type { MaintenanceStore, ObjectStat, ObjectVersion } from '#core/ports.ts'
import { isClosedName } from '#repository/format/closed-name.ts'

const replay = async function* <T>(items: T[]) {
  yield* items
}

/** An agent that writes no intent. */
export const withoutIntent = (store: MaintenanceStore): MaintenanceStore => ({
  ...store,
  put: async (key, parts) => {
    if (!key.startsWith('intents/')) await store.put(key, parts)
  },
})

/** An agent that reads the collector's state first and writes its intent then. */
export const intentAfterReading = (store: MaintenanceStore): MaintenanceStore => {
  let state: ObjectStat[] | undefined
  return {
    ...store,
    put: async (key, parts) => {
      if (key.startsWith('intents/')) state = await Array.fromAsync(store.list('gc/'))
      await store.put(key, parts)
    },
    list: (prefix, options) => {
      const old = state
      if (prefix !== 'gc/' || !old) return store.list(prefix, options)
      state = undefined
      return replay(old)
    },
  }
}

/** An agent that does not look at the collector's state at all. */
export const blind = (store: MaintenanceStore): MaintenanceStore => ({
  ...store,
  list: (prefix, options) => (prefix === 'gc/' ? replay([]) : store.list(prefix, options)),
})

/** A collector that lists what is needed first and writes its sweep mark then. */
export const markAfterListing = (store: MaintenanceStore): MaintenanceStore => {
  const before = new Map<string, ObjectVersion[]>()
  return {
    ...store,
    // The plan is when it last looked.
    put: async (key, parts) => {
      if (key.startsWith('gc/plan/'))
        for (const prefix of ['intents/', 'points/'])
          before.set(prefix, await Array.fromAsync(store.versions(prefix)))
      await store.put(key, parts)
    },
    versions: (prefix, options) => {
      const old = before.get(prefix)
      return old ? replay(old) : store.versions(prefix, options)
    },
  }
}

/** A collector that forgets to close the names of jobs that it gives up. */
export const openNames = (store: MaintenanceStore): MaintenanceStore => ({
  ...store,
  put: async (key, parts) => {
    if (!isClosedName(Buffer.concat(parts))) await store.put(key, parts)
  },
})

/** A collector that rewrites without announcing it. */
export const unannounced = (store: MaintenanceStore): MaintenanceStore => ({
  ...store,
  put: async (key, parts) => {
    if (!key.startsWith('gc/move/')) await store.put(key, parts)
  },
})

/** A collector that says that packs are rewritten, and sends the new ones then. */
export const movedBeforeSent = (store: MaintenanceStore): MaintenanceStore => {
  const held: [string, Uint8Array[]][] = []
  return {
    ...store,
    put: async (key, parts) => {
      if (/^(packs|meta)\//.test(key)) {
        held.push([key, [Buffer.concat(parts)]])
        return
      }
      await store.put(key, parts)
      if (key.startsWith('gc/moved/'))
        for (const [pack, bytes] of held.splice(0)) await store.put(pack, bytes)
    },
  }
}

/** An agent that knows nothing of rewritten packs. */
export const blindToMoves = (store: MaintenanceStore): MaintenanceStore => ({
  ...store,
  list: async function* (prefix, options) {
    for await (const found of store.list(prefix, options))
      if (!/^gc\/moved?\//.test(found.key)) yield found
  },
})
