import { CatalogConflictError } from '#core/errors/catalog.ts'
import type { Catalog, CatalogItem, CatalogWrite, Expectation } from '#core/ports.ts'
import {
  byBytes,
  checkKey,
  checkQuery,
  encodeWrites,
  nameOf,
  type QueryOptions,
} from '../catalog-rules.ts'

interface Row {
  version: number
  json: string
}

const holds = (expect: Expectation, row: Row | undefined): boolean => {
  if (expect === 'any') return true
  return expect === 'absent' ? row === undefined : row?.version === expect.version
}

/** A catalog for tests. */
export const memoryCatalog = (): Catalog => {
  const partitions = new Map<string, Map<string, Row>>()

  const toItem = <T>(pk: string, sk: string, row: Row): CatalogItem<T> => ({
    pk,
    sk,
    version: row.version,
    value: JSON.parse(row.json) as T,
  })

  const write = async (writes: readonly CatalogWrite[]) => {
    const encoded = encodeWrites(writes)
    for (const { key, expect } of encoded) {
      if (!holds(expect, partitions.get(key.pk)?.get(key.sk))) {
        throw new CatalogConflictError(nameOf(key))
      }
    }
    for (const change of encoded) {
      const { pk, sk } = change.key
      const rows = partitions.get(pk) ?? new Map<string, Row>()
      partitions.set(pk, rows)
      if (change.kind === 'delete') rows.delete(sk)
      else rows.set(sk, { version: (rows.get(sk)?.version ?? 0) + 1, json: change.json })
    }
  }

  const get: Catalog['get'] = async <T>(key: { pk: string; sk: string }) => {
    checkKey(key)
    const row = partitions.get(key.pk)?.get(key.sk)
    return row && toItem<T>(key.pk, key.sk, row)
  }

  const query: Catalog['query'] = async <T>(pk: string, options: QueryOptions = {}) => {
    checkQuery(pk, options)
    const { prefix = '', limit = 100, after, descending = false } = options
    const direction = descending ? -1 : 1
    const rows = [...(partitions.get(pk) ?? [])]
      .filter(([sk]) => sk.startsWith(prefix))
      .filter(([sk]) => after === undefined || byBytes(sk, after) * direction > 0)
      .sort(([a], [b]) => byBytes(a, b) * direction)
    const items = rows.slice(0, limit).map(([sk, row]) => toItem<T>(pk, sk, row))
    const last = items.at(-1)
    return rows.length > limit && last ? { items, next: last.sk } : { items }
  }

  return { get, write, query }
}
