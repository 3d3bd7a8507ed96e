import { XenkeepError } from '../errors/base.ts'
import type { Catalog, CatalogItem, CatalogWrite } from '../ports.ts'

/** TransactWriteItems takes 100 items (AWS limit). */
const WRITES_AT_ONCE = 100

/** Optimistic writers that meet more often than this in a row are a mistake in the program, not bad luck. */
const ATTEMPTS = 20

export const isConflict = (error: unknown): boolean =>
  error instanceof XenkeepError && error.code === 'CATALOG_CONFLICT'

/**
 * Runs `step` (read, decide, write) again from its reading while others write in between.
 * @throws `CATALOG_CONFLICT` after 20 attempts, and whatever else `step` throws
 */
export const retryOnConflict = async <T>(step: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step()
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
    }
  }
}

/**
 * Every item of a partition, ascending by sort key.
 * @param page items to read at once; fewer where the caller often stops early
 * @param prefix of the sort keys; all unless told
 */
export async function* queryAll<T>(
  catalog: Pick<Catalog, 'query'>,
  pk: string,
  { page: limit = 1_000, prefix = '' }: { page?: number; prefix?: string } = {},
): AsyncGenerator<CatalogItem<T>> {
  let after: string | undefined
  do {
    const page = await catalog.query<T>(pk, {
      limit,
      ...(prefix && { prefix }),
      ...(after === undefined ? {} : { after }),
    })
    yield* page.items
    after = page.next
  } while (after !== undefined)
}

/** Writes any number of items, 100 at a time, in order: for what need not change all at once. */
export const writeInBatches = async (
  catalog: Pick<Catalog, 'write'>,
  writes: readonly CatalogWrite[],
): Promise<void> => {
  for (let start = 0; start < writes.length; start += WRITES_AT_ONCE)
    await catalog.write(writes.slice(start, start + WRITES_AT_ONCE))
}
