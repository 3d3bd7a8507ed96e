/** Where an item stands in the catalog: partition and sort key, as in DynamoDB. */
export interface CatalogKey {
  pk: string
  sk: string
}

export interface CatalogItem<T = unknown> extends CatalogKey {
  /** Grows by one with every write of this item, from 1. */
  version: number
  /** JSON data. Numbers are exact up to 2^53. At most 390 KB as JSON (DynamoDB's limit is 400 KB an item). */
  value: T
}

/** What must hold for a write to happen: nothing there yet, just this version there, or no condition. */
export type Expectation = 'absent' | 'any' | { version: number }

export type CatalogWrite =
  | { kind: 'put'; key: CatalogKey; value: unknown; expect: Expectation }
  | { kind: 'delete'; key: CatalogKey; expect: Expectation }

/**
 * Runs, jobs, points, gateways: a view that can be rebuilt from the repository. One table, optimistic writes.
 *
 * - Reads see every write acknowledged before (strongly consistent).
 * - Errors of every method: `CATALOG_UNAVAILABLE` (retryable).
 */
export interface Catalog {
  get<T>(key: CatalogKey): Promise<CatalogItem<T> | undefined>

  /**
   * Writes all or nothing, at most 100 items with distinct keys (DynamoDB TransactWriteItems).
   * Together at most 3.9 MB of JSON (DynamoDB: 4 MB).
   * @throws `CATALOG_CONFLICT` when an expectation does not hold; nothing was written then
   * @throws `CATALOG_INVALID` beyond the limits above, also by `get` and `query`
   */
  write(writes: readonly CatalogWrite[]): Promise<void>

  /**
   * Items of one partition whose sort key starts with `prefix`, ascending by sort key (or descending), a page at a time.
   * @param limit 1 to 1,000 items; 100 unless told
   * @param after the `next` of the page before
   */
  query<T>(
    pk: string,
    options?: { prefix?: string; limit?: number; after?: string; descending?: boolean },
  ): Promise<{ items: CatalogItem<T>[]; next?: string }>
}
