import type { Catalog, CatalogKey } from '#core/ports.ts'
import { nameOf } from '../catalog-rules.ts'
import { type Fault, faultScript } from './fault-script.ts'

/** The key of a call is `pk sk`; of a write those of all its items, with commas between; of a query `pk prefix`. */
export type CatalogFault = Omit<Fault<'get' | 'write' | 'query'>, 'truncate'>

export type FaultyCatalog = Catalog & {
  /** Faults that met fewer calls than they should: a test that proves something ends with none. */
  unused: () => CatalogFault[]
}

/** A catalog with scripted trouble, for tests. */
export const faultyCatalog = (catalog: Catalog, faults: readonly CatalogFault[]): FaultyCatalog => {
  const { run, unused } = faultScript<'get' | 'write' | 'query'>(faults)

  const get: Catalog['get'] = <T>(key: CatalogKey) =>
    run('get', nameOf(key), () => catalog.get<T>(key))

  const write: Catalog['write'] = writes =>
    run('write', writes.map(({ key }) => nameOf(key)).join(','), () => catalog.write(writes))

  const query: Catalog['query'] = <T>(pk: string, options?: Parameters<Catalog['query']>[1]) =>
    run('query', `${pk} ${options?.prefix ?? ''}`, () => catalog.query<T>(pk, options))

  return { get, write, query, unused }
}
