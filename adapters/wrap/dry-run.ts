import { ObjectExistsError, ObjectNotFoundError } from '#core/errors/store.ts'
import type { Clock, MaintenanceStore, ObjectStat, ObjectVersion } from '#core/ports.ts'
import { resolveRange } from '../byte-range.ts'

interface Imagined {
  bytes: Uint8Array | undefined
  size: number
  modified: number
}

const VERSION = 'imagined'

/**
 * A store that answers as if everything that is asked of it were done, and does nothing: what is put lives in memory, what is removed is
 * left out. Reading goes to the store itself. Locks are asked of the store; new ones are not kept.
 * @param clock gives the time stamps of what is put
 * @param forget whether the bytes of an object are not worth the memory, since nobody will ask for them: then only its size is kept
 */
export const dryRun = (
  store: MaintenanceStore,
  clock: Clock,
  forget: (key: string) => boolean = () => false,
): MaintenanceStore => {
  const imagined = new Map<string, Imagined>()
  const removed = new Set<string>()
  const id = (key: string, version: string) => `${key}\n${version}`

  const statOf = (key: string): ObjectStat | undefined => {
    const found = imagined.get(key)
    return found && { key, size: found.size, modified: found.modified }
  }
  const latest = async (key: string): Promise<ObjectVersion | undefined> => {
    for await (const version of versions(key))
      if (version.key === key) return version.deleteMarker ? undefined : version
    return undefined
  }
  const read = async (key: string, range?: Parameters<MaintenanceStore['get']>[1]) => {
    const bytes = imagined.get(key)?.bytes
    if (!bytes) throw new ObjectNotFoundError(key)
    const { start, end } = resolveRange(bytes.length, range)
    return Uint8Array.from(bytes.subarray(start, end))
  }

  const imagine = (key: string, parts: readonly Uint8Array[]) => {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    const bytes = forget(key) ? undefined : Buffer.concat(parts)
    imagined.set(key, { bytes, size, modified: clock.now() })
  }

  async function* versions(
    prefix: string,
    options: { after?: string } = {},
  ): AsyncGenerator<ObjectVersion> {
    const { after = '' } = options
    const mine = [...imagined.keys()].filter(key => key.startsWith(prefix) && key > after).sort()
    const own = (key: string): ObjectVersion => {
      const stat = statOf(key) as ObjectStat
      return { ...stat, version: VERSION, latest: true, deleteMarker: false }
    }
    let shown: string | undefined
    for await (const version of store.versions(prefix, options)) {
      while (mine[0] !== undefined && mine[0] <= version.key) yield own(mine.shift() as string)
      if (removed.has(id(version.key, version.version))) continue
      yield { ...version, latest: shown !== version.key && !imagined.has(version.key) }
      shown = version.key
    }
    for (const key of mine) yield own(key)
  }

  return {
    address: store.address,
    versions,
    lockSupport: () => store.lockSupport(),
    retain: async () => {},
    retention: async (key, version) =>
      imagined.has(key) ? undefined : store.retention(key, version),
    put: async (key, parts) => {
      if (await latest(key)) throw new ObjectExistsError(key)
      imagine(key, parts)
    },
    supersede: async (key, bytes) => imagine(key, [bytes]),
    get: async (key, range, into) => {
      if (imagined.has(key)) return read(key, range)
      if (removed.size > 0 && !(await latest(key))) throw new ObjectNotFoundError(key)
      return store.get(key, range, into)
    },
    getVersion: async (key, version, range) =>
      version === VERSION ? read(key, range) : store.getVersion(key, version, range),
    stat: async key => {
      if (imagined.has(key)) return statOf(key)
      if (removed.size === 0) return store.stat(key)
      const found = await latest(key)
      return found && { key, size: found.size, modified: found.modified }
    },
    list: async function* (prefix, options) {
      let last: string | undefined
      for await (const { key, size, modified, deleteMarker } of versions(prefix, options)) {
        if (key !== last && !deleteMarker) yield { key, size, modified }
        last = key
      }
    },
    remove: async (key, version) => {
      if (version === VERSION) imagined.delete(key)
      else removed.add(id(key, version))
    },
  }
}
