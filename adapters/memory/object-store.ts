import { ObjectExistsError, ObjectKeyError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { Clock, ObjectStore } from '#core/ports.ts'
import { resolveRange } from '../byte-range.ts'
import { checkObjectKey, foldersOf } from '../object-key.ts'

interface MemoryObject {
  bytes: Uint8Array
  modified: number
}

/** A store for tests. `objects` is the store's inside: tests reach in to damage, age or delete what no port lets them. */
export type MemoryObjectStore = ObjectStore & { readonly objects: Map<string, MemoryObject> }

/** @param clock gives the time stamps of the objects */
export const memoryObjectStore = ({
  clock = { now: () => Date.now() },
}: {
  clock?: Clock
} = {}): MemoryObjectStore => {
  const objects = new Map<string, MemoryObject>()

  // Keys are ASCII, so the order of JavaScript strings is the order of their bytes.
  const sortedKeys = (prefix: string) =>
    [...objects.keys()].filter(key => key.startsWith(prefix)).sort()

  const put = async (key: string, parts: readonly Uint8Array[]) => {
    checkObjectKey(key)
    if (objects.has(key)) throw new ObjectExistsError(key)
    const folder = foldersOf(key).find(name => objects.has(name))
    if (folder !== undefined) throw new ObjectKeyError(key, `"${folder}" is an object, no folder`)
    if (sortedKeys(`${key}/`).length > 0) throw new ObjectKeyError(key, 'it is a folder')
    objects.set(key, { bytes: new Uint8Array(Buffer.concat(parts)), modified: clock.now() })
  }

  const get: ObjectStore['get'] = async (key, range) => {
    checkObjectKey(key)
    const found = objects.get(key)
    if (!found) throw new ObjectNotFoundError(key)
    const { start, end } = resolveRange(found.bytes.length, range)
    return found.bytes.slice(start, end)
  }

  const stat: ObjectStore['stat'] = async key => {
    checkObjectKey(key)
    const found = objects.get(key)
    return found && { key, size: found.bytes.length, modified: found.modified }
  }

  async function* list(prefix: string, { after = '' }: { after?: string } = {}) {
    for (const key of sortedKeys(prefix)) {
      const found = objects.get(key)
      if (found && key > after) {
        yield { key, size: found.bytes.length, modified: found.modified }
      }
    }
  }

  return { address: 'memory:', objects, put, get, stat, list }
}
