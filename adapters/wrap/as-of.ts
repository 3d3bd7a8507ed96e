import {
  ObjectNotFoundError,
  StoreDeniedError,
  StoreReadOnlyError,
  StoreWithoutVersionsError,
} from '#core/errors/store.ts'
import type {
  MaintenanceStore,
  ObjectStat,
  ObjectStore,
  ObjectVersion,
  VersionedStore,
} from '#core/ports.ts'

/** Objects whose version is remembered, so that a pack read in many ranges is looked up once. */
const REMEMBERED = 10_000

/**
 * A store as it was: of each object the newest version that was there at `time`, whatever was written, deleted or overwritten
 * since. What was hidden by a delete marker at that time stays hidden; what was removed for ever cannot come back.
 *
 * @param time milliseconds since 1970, by the store's own time stamps: on S3 whole seconds, a version of the same second counts as older
 */
export const asOf = (store: VersionedStore, time: number): ObjectStore => {
  const when = new Date(time).toISOString()
  const remembered = new Map<string, ObjectVersion | undefined>()

  /** @yields the version to show of each key, in order of the keys */
  async function* shown(prefix: string, after: string): AsyncGenerator<ObjectVersion> {
    let decided: string | undefined
    for await (const version of store.versions(prefix, { after })) {
      if (version.key === decided || version.modified > time) continue
      decided = version.key
      if (!version.deleteMarker) yield version
    }
  }

  const lookUp = async (key: string): Promise<ObjectVersion | undefined> => {
    for await (const version of store.versions(key)) {
      if (version.key !== key) return undefined // the key itself comes first of all that start with it
      if (version.modified <= time) return version.deleteMarker ? undefined : version
    }
    return undefined
  }

  const find = async (key: string): Promise<ObjectVersion | undefined> => {
    if (remembered.has(key)) return remembered.get(key)
    const found = await lookUp(key)
    if (remembered.size >= REMEMBERED) remembered.clear()
    remembered.set(key, found)
    return found
  }

  const show = ({ key, size, modified }: ObjectVersion): ObjectStat => ({ key, size, modified })

  return {
    address: store.address,
    async put() {
      throw new StoreReadOnlyError(store.address, `it shows the state of ${when}`)
    },
    async get(key, range) {
      const found = await find(key)
      if (!found) throw new ObjectNotFoundError(key)
      return store.getVersion(key, found.version, range)
    },
    async stat(key) {
      const found = await find(key)
      return found && show(found)
    },
    async *list(prefix, { after = '' } = {}) {
      for await (const version of shown(prefix, after)) yield show(version)
    },
  }
}

/**
 * As `asOf`, after a look whether there is a past. Where versioning is off now it may have been on before: who can switch it off
 * does not hide what was kept until then.
 * @throws `STORE_WITHOUT_VERSIONS`
 */
export const openAsOf = async (
  store: VersionedStore & Pick<MaintenanceStore, 'lockSupport'>,
  time: number,
): Promise<ObjectStore> => {
  const versioning = await store.lockSupport().then(
    support => support.versioning,
    error => {
      if (error instanceof StoreDeniedError) return false
      throw error
    },
  )
  if (!versioning && !(await hasOlderVersions(store)))
    throw new StoreWithoutVersionsError(store.address)
  return asOf(store, time)
}

const hasOlderVersions = async (store: VersionedStore): Promise<boolean> => {
  for await (const { latest, deleteMarker } of store.versions(''))
    if (!latest || deleteMarker) return true
  return false
}
