import { resolve } from 'node:path'
import { CatalogConflictError } from '#core/errors/catalog.ts'
import type { Catalog, CatalogItem, CatalogWrite, Expectation } from '#core/ports.ts'
import {
  checkKey,
  checkQuery,
  type EncodedWrite,
  encodeWrites,
  LAST,
  nameOf,
  type QueryOptions,
} from '../catalog-rules.ts'
import { toCatalogError } from './sqlite-error.ts'
import { openSqliteFile, transaction } from './sqlite-file.ts'

interface Row {
  sk: string
  version: number
  value: string
}

export type SqliteCatalog = Catalog & {
  /** Ends the use of the file; every later call fails. */
  close: () => void
}

const holds = (expect: Expectation, version: number | undefined): boolean => {
  if (expect === 'any') return true
  return expect === 'absent' ? version === undefined : version === expect.version
}

const BUSY_TIMEOUT = 5_000 // ms: a write of another process takes milliseconds

const SELECT = 'SELECT sk, version, value FROM item WHERE pk = :pk'
const ASCENDING = `${SELECT} AND sk >= max(:prefix, :after) AND sk <= :end AND sk <> :after ORDER BY sk LIMIT :limit`
const DESCENDING = `${SELECT} AND sk >= :prefix AND sk <= min(:end, :after) AND sk <> :after ORDER BY sk DESC LIMIT :limit`

/**
 * The catalog of one machine: a SQLite file in WAL mode, used by several processes at once. Calls of node:sqlite are
 * synchronous, so a write holds the event loop for its fsync (docs/decisions/0021-catalog-as-json-text.md).
 *
 * @param file is created with its directory
 * @param options.busyTimeout how long a call waits for another process's lock, in milliseconds
 * @throws `CATALOG_TOO_NEW`, `CATALOG_UNUSABLE`, `CATALOG_DENIED`, `CATALOG_FULL`; the last two also from every call
 */
export const openSqliteCatalog = (
  file: string,
  { busyTimeout = BUSY_TIMEOUT }: { busyTimeout?: number } = {},
): SqliteCatalog => {
  const path = resolve(file)
  const guarded = <T>(what: string, work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw toCatalogError(error, what, path)
    }
  }

  const db = guarded('open', () => openSqliteFile(path, path, busyTimeout))
  const statements = {
    get: db.prepare(`${SELECT} AND sk = :sk`),
    put: db.prepare(`INSERT INTO item VALUES (:pk, :sk, 1, :json)
      ON CONFLICT DO UPDATE SET version = version + 1, value = :json`),
    delete: db.prepare('DELETE FROM item WHERE pk = :pk AND sk = :sk'),
    ascending: db.prepare(ASCENDING),
    descending: db.prepare(DESCENDING),
  }

  const find = ({ pk, sk }: { pk: string; sk: string }) =>
    statements.get.get({ pk, sk }) as Row | undefined

  const toItem = <T>(pk: string, { sk, version, value }: Row): CatalogItem<T> => ({
    pk,
    sk,
    version,
    value: JSON.parse(value) as T,
  })

  const apply = (change: EncodedWrite) => {
    const { pk, sk } = change.key
    if (!holds(change.expect, find(change.key)?.version)) {
      throw new CatalogConflictError(nameOf(change.key))
    }
    if (change.kind === 'delete') statements.delete.run({ pk, sk })
    else statements.put.run({ pk, sk, json: change.json })
  }

  const get: Catalog['get'] = async <T>(key: { pk: string; sk: string }) => {
    checkKey(key)
    const row = guarded(`read ${nameOf(key)}`, () => find(key))
    return row && toItem<T>(key.pk, row)
  }

  const write = async (writes: readonly CatalogWrite[]) => {
    const encoded = encodeWrites(writes)
    if (encoded.length === 0) return
    guarded('record the change', () => transaction(db, () => encoded.forEach(apply)))
  }

  const query: Catalog['query'] = async <T>(pk: string, options: QueryOptions = {}) => {
    checkQuery(pk, options)
    const { prefix = '', limit = 100, descending = false } = options
    const after = options.after ?? (descending ? LAST : '')
    const statement = descending ? statements.descending : statements.ascending
    const bounds = { pk, prefix, end: prefix + LAST, after, limit: limit + 1 }
    const rows = guarded(`list ${pk}`, () => statement.all(bounds)) as unknown as Row[]
    const items = rows.slice(0, limit).map(row => toItem<T>(pk, row))
    const last = items.at(-1)
    return rows.length > limit && last ? { items, next: last.sk } : { items }
  }

  return { get, write, query, close: () => db.close() }
}
