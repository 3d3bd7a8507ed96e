import type { MaintenanceStore, ObjectStore } from '#core/ports.ts'
import { type Fault, faultScript } from './fault-script.ts'

type Method = Exclude<keyof MaintenanceStore, 'address'>

export type StoreFault = Fault<Method>

/** What the wrapped store can, and: */
export type Faulty<Store> = Store & {
  /** Faults that met fewer calls than they should: a test that proves something ends with none. */
  unused: () => StoreFault[]
}

const cut = (parts: readonly Uint8Array[], truncate: number | undefined) =>
  truncate === undefined ? parts : [Buffer.concat(parts).subarray(0, truncate)]

/**
 * A store with scripted trouble, for tests.
 * @param faults of `list` and `versions`: each item to be yielded is one call, and so is the end (with the prefix as its key); an
 *   error breaks the list off there. The key of `lockSupport` is the store's address
 */
export const faulty = (
  store: MaintenanceStore,
  faults: readonly StoreFault[],
): Faulty<MaintenanceStore> => {
  const { run, unused } = faultScript(faults)

  const put: ObjectStore['put'] = (key, parts) =>
    run('put', key, truncate => store.put(key, cut(parts, truncate)))

  const get: ObjectStore['get'] = (key, range) =>
    run('get', key, async truncate => (await store.get(key, range)).slice(0, truncate))

  const stat: ObjectStore['stat'] = key => run('stat', key, () => store.stat(key))

  async function* each<T extends { key: string }>(
    method: Method,
    prefix: string,
    items: AsyncIterable<T>,
  ) {
    for await (const item of items) yield await run(method, item.key, async () => item)
    await run(method, prefix, async () => undefined)
  }

  return {
    address: store.address,
    put,
    get,
    stat,
    list: (prefix, options) => each('list', prefix, store.list(prefix, options)),
    lockSupport: () => run('lockSupport', store.address, () => store.lockSupport()),
    retain: (key, until, mode) => run('retain', key, () => store.retain(key, until, mode)),
    retention: (key, version) => run('retention', key, () => store.retention(key, version)),
    versions: (prefix, options) => each('versions', prefix, store.versions(prefix, options)),
    getVersion: (key, version, range) =>
      run('getVersion', key, async truncate =>
        (await store.getVersion(key, version, range)).slice(0, truncate),
      ),
    remove: (key, version) => run('remove', key, () => store.remove(key, version)),
    supersede: (key, bytes) => run('supersede', key, () => store.supersede(key, bytes)),
    unused,
  }
}
