import { toCatalogError } from '#adapters/aws/catalog-error.ts'
import type { Catalog } from '#core/ports.ts'

/** What DynamoDB throws when it is asked for more than it gives (AWS, "Error handling with DynamoDB"), through our adapter. */
const throttled = () =>
  toCatalogError(
    Object.assign(new Error('Throughput exceeds the current capacity of your table.'), {
      name: 'ThrottlingException',
    }),
    'answer',
    'catalog',
  )

/** A catalog that refuses the `at`th call, from 0. */
export const throttling = (catalog: Catalog, at: number) => {
  let calls = 0
  const next = <T>(call: () => Promise<T>): Promise<T> =>
    calls++ === at ? Promise.reject(throttled()) : call()
  const throttledCatalog: Catalog = {
    get: key => next(() => catalog.get(key)),
    query: (pk, options) => next(() => catalog.query(pk, options)),
    write: writes => next(() => catalog.write(writes)),
  }
  return { catalog: throttledCatalog, met: () => calls > at }
}

/** A catalog that does so many writes; from then on nothing answers any more. */
export const dying = (catalog: Catalog, writes: number) => {
  let left = writes
  const alive = <T>(call: () => Promise<T>): Promise<T> =>
    left > 0 ? call() : Promise.reject(new Error('The Lambda is gone.'))
  const mortal: Catalog = {
    get: key => alive(() => catalog.get(key)),
    query: (pk, options) => alive(() => catalog.query(pk, options)),
    write: written =>
      alive(async () => {
        await catalog.write(written)
        left--
      }),
  }
  return { catalog: mortal, hasDied: () => left <= 0 }
}
