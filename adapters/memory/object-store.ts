import {
  LockModeFixedError,
  LockUnsupportedError,
  ObjectExistsError,
  ObjectKeyError,
  ObjectLockedError,
  ObjectNotFoundError,
  StoreUnsuitableError,
} from '#core/errors/store.ts'
import type {
  Clock,
  LockSupport,
  MaintenanceStore,
  ObjectStore,
  ObjectVersion,
  Retention,
} from '#core/ports.ts'
import { strongerRetention } from '#core/retention.ts'
import { resolveRange } from '../byte-range.ts'
import { checkObjectKey, foldersOf } from '../object-key.ts'

interface MemoryObject {
  bytes: Uint8Array
  modified: number
  /** `null`, as S3 says of what was written without versioning, unless told */
  version?: string
  retention?: Retention
}

interface MemoryVersion extends MemoryObject {
  deleteMarker: boolean
}

export interface MemoryStoreOptions {
  /** gives the time stamps of the objects, and says when a lock has ended */
  clock?: Clock
  /** on unless told */
  versioning?: boolean
  /**
   * What becomes of locks: `kept` unless told; `forgotten`: accepted and gone; `unsupported`: refused, as by a bucket without
   * Object Lock
   */
  locks?: 'kept' | 'forgotten' | 'unsupported'
  /** what the store gives each new version by itself */
  defaultRetention?: NonNullable<LockSupport['defaultRetention']>
  /** A store that does not know `If-None-Match` and overwrites. */
  ignoresConditions?: boolean
}

/** A store for tests. */
export interface MemoryObjectStore extends MaintenanceStore {
  /** The newest versions, the store's inside: tests reach in to damage, age or lose what no port lets them. */
  readonly objects: Map<string, MemoryObject>
  /** A deletion that names no version, by somebody who may: leaves a delete marker. */
  hide(key: string): void
  /** A put without condition, by somebody who may. */
  overwrite(key: string, bytes: Uint8Array): void
}

const DAY = 24 * 60 * 60 * 1000 // ms

export const memoryObjectStore = ({
  clock = { now: () => Date.now() },
  versioning = true,
  locks = 'kept',
  defaultRetention,
  ignoresConditions = false,
}: MemoryStoreOptions = {}): MemoryObjectStore => {
  const address = 'memory:'
  const objects = new Map<string, MemoryObject>()
  /** What is not the newest, and delete markers; from the newest to the oldest. */
  const past = new Map<string, MemoryVersion[]>()
  let versionsMade = 0

  // Keys are ASCII, so the order of JavaScript strings is the order of their bytes.
  const sorted = (keys: Iterable<string>, prefix: string) =>
    [...keys].filter(key => key.startsWith(prefix)).sort()

  const newVersion = () => (versioning ? `v${++versionsMade}` : 'null')

  const archive = (key: string, version: MemoryVersion) =>
    past.set(key, [version, ...(past.get(key) ?? [])])

  const overwrite = (key: string, bytes: Uint8Array) => {
    const before = objects.get(key)
    if (before && versioning) archive(key, { ...before, deleteMarker: false })
    const modified = clock.now()
    const days = locks === 'kept' ? defaultRetention?.days : undefined
    objects.set(key, {
      bytes,
      modified,
      version: newVersion(),
      ...(days !== undefined &&
        defaultRetention && {
          retention: { mode: defaultRetention.mode, until: modified + days * DAY },
        }),
    })
  }

  const hide = (key: string) => {
    const before = objects.get(key)
    objects.delete(key)
    if (!versioning) return
    if (before) archive(key, { ...before, deleteMarker: false })
    const marker = { bytes: new Uint8Array(0), modified: clock.now(), version: newVersion() }
    archive(key, { ...marker, deleteMarker: true })
  }

  const put = async (key: string, parts: readonly Uint8Array[]) => {
    checkObjectKey(key)
    if (objects.has(key) && !ignoresConditions) throw new ObjectExistsError(key)
    const folder = foldersOf(key).find(name => objects.has(name))
    if (folder !== undefined) throw new ObjectKeyError(key, `"${folder}" is an object, no folder`)
    if (sorted(objects.keys(), `${key}/`).length > 0)
      throw new ObjectKeyError(key, 'it is a folder')
    overwrite(key, new Uint8Array(Buffer.concat(parts)))
  }

  /** All versions of one key, from the newest to the oldest. */
  const history = (key: string): MemoryVersion[] => {
    const newest = objects.get(key)
    return [...(newest ? [{ ...newest, deleteMarker: false }] : []), ...(past.get(key) ?? [])]
  }

  const find = (key: string, version: string | undefined): MemoryObject => {
    checkObjectKey(key)
    const found =
      version === undefined
        ? objects.get(key)
        : history(key).find(v => (v.version ?? 'null') === version && !v.deleteMarker)
    if (!found) throw new ObjectNotFoundError(key)
    return found
  }

  const read = (found: MemoryObject, range: Parameters<ObjectStore['get']>[1]) => {
    const { start, end } = resolveRange(found.bytes.length, range)
    return new Uint8Array(found.bytes.subarray(start, end))
  }

  const get: ObjectStore['get'] = async (key, range) => read(find(key, undefined), range)

  const getVersion: MaintenanceStore['getVersion'] = async (key, version, range) =>
    read(find(key, version), range)

  const stat: ObjectStore['stat'] = async key => {
    checkObjectKey(key)
    const found = objects.get(key)
    return found && { key, size: found.bytes.length, modified: found.modified }
  }

  async function* list(prefix: string, { after = '' }: { after?: string } = {}) {
    for (const key of sorted(objects.keys(), prefix)) {
      const found = objects.get(key)
      if (found && key > after) {
        yield { key, size: found.bytes.length, modified: found.modified }
      }
    }
  }

  async function* versions(
    prefix: string,
    { after = '' }: { after?: string } = {},
  ): AsyncGenerator<ObjectVersion> {
    const keys = new Set([...objects.keys(), ...past.keys()])
    for (const key of sorted(keys, prefix)) {
      if (key <= after) continue
      for (const [i, { bytes, modified, version = 'null', deleteMarker }] of history(key).entries())
        yield { key, size: bytes.length, modified, version, latest: i === 0, deleteMarker }
    }
  }

  const lockSupport = async (): Promise<LockSupport> => ({
    versioning,
    objectLock: locks !== 'unsupported',
    time: clock.now(),
    ...(defaultRetention && locks === 'kept' && { defaultRetention }),
  })

  const retain: MaintenanceStore['retain'] = async (key, until, mode) => {
    if (locks === 'unsupported') throw new LockUnsupportedError(address, 'it has no Object Lock')
    const found = find(key, undefined)
    if (locks === 'forgotten') return
    const before = found.retention
    if (before?.mode === 'governance' && mode === 'compliance' && before.until > clock.now())
      throw new LockModeFixedError(`The object "${key}"`)
    found.retention = strongerRetention(before, { until, mode })
  }

  const retention: MaintenanceStore['retention'] = async (key, version) => {
    const found = find(key, version).retention
    return found && { ...found }
  }

  const remove: MaintenanceStore['remove'] = async (key, version) => {
    checkObjectKey(key)
    const all = history(key)
    const at = all.findIndex(v => (v.version ?? 'null') === version)
    const found = all[at]
    if (!found) return
    if (found.retention && found.retention.until > clock.now())
      throw new ObjectLockedError(key, found.retention.until)
    all.splice(at, 1)
    const [newest, ...rest] = all
    objects.delete(key)
    past.delete(key)
    if (!newest) return
    const older = newest.deleteMarker ? all : rest
    if (older.length > 0) past.set(key, older)
    if (newest.deleteMarker) return
    const { deleteMarker: _, ...object } = newest
    objects.set(key, object)
  }

  const supersede: MaintenanceStore['supersede'] = async (key, bytes) => {
    checkObjectKey(key)
    if (!versioning) throw new StoreUnsuitableError(address, 'it keeps no older versions')
    overwrite(key, Uint8Array.from(bytes))
  }

  return {
    address,
    objects,
    hide,
    overwrite,
    put,
    get,
    stat,
    list,
    lockSupport,
    retain,
    retention,
    versions,
    getVersion,
    remove,
    supersede,
  }
}
