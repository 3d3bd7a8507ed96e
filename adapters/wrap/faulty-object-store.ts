import type { ObjectStore } from '#core/ports.ts'
import { type Fault, faultScript } from './fault-script.ts'

export type StoreFault = Fault<'put' | 'get' | 'stat' | 'list'>

export type FaultyObjectStore = ObjectStore & {
  /** Faults that met fewer calls than they should: a test that proves something ends with none. */
  unused: () => StoreFault[]
}

const cut = (parts: readonly Uint8Array[], truncate: number | undefined) =>
  truncate === undefined ? parts : [Buffer.concat(parts).subarray(0, truncate)]

/**
 * A store with scripted trouble, for tests.
 * @param faults of `list`: each object to be yielded is one call, and so is the end (with the list's prefix as its key); an error
 *   breaks the list off there
 */
export const faulty = (store: ObjectStore, faults: readonly StoreFault[]): FaultyObjectStore => {
  const { run, unused } = faultScript(faults)

  const put: ObjectStore['put'] = (key, parts) =>
    run('put', key, truncate => store.put(key, cut(parts, truncate)))

  const get: ObjectStore['get'] = (key, range) =>
    run('get', key, async truncate => (await store.get(key, range)).slice(0, truncate))

  const stat: ObjectStore['stat'] = key => run('stat', key, () => store.stat(key))

  async function* list(prefix: string, options?: { after?: string }) {
    for await (const found of store.list(prefix, options)) {
      yield await run('list', found.key, async () => found)
    }
    await run('list', prefix, async () => undefined)
  }

  return { address: store.address, put, get, stat, list, unused }
}
