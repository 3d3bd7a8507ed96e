import { CatalogInputError } from '#core/errors/catalog.ts'
import type { CatalogKey, CatalogWrite, Expectation } from '#core/ports.ts'

/** What every adapter refuses alike, so that what runs on one machine runs in the cloud. */
const LIMITS = {
  /** bytes of a partition or sort key: DynamoDB allows 2,048 and 1,024 */
  key: 1024,
  /** bytes of one value as JSON: DynamoDB allows 400 KB an item, names, key and version included */
  value: 390_000,
  /** items of one write: TransactWriteItems */
  items: 100,
  /** bytes of one write: TransactWriteItems allows 4 MB */
  write: 3_900_000,
  /** items of one page of a query */
  page: 1_000,
}

/** Above every text that a key may hold, so `[prefix, prefix + LAST]` is what starts with `prefix`. */
export const LAST = '\u{10FFFF}'

const isKeyPart = (text: string): boolean =>
  text !== '' &&
  text.isWellFormed() &&
  !text.includes('\0') &&
  !text.includes(LAST) &&
  Buffer.byteLength(text) <= LIMITS.key

export const nameOf = ({ pk, sk }: CatalogKey): string => `${pk} ${sk}`

/** @throws `CATALOG_INVALID` */
export const checkKey = (key: CatalogKey): void => {
  if (!isKeyPart(key.pk) || !isKeyPart(key.sk)) {
    throw new CatalogInputError(
      `the key ${JSON.stringify(nameOf(key))} is empty, too long or not text`,
    )
  }
}

/** A checked write: values as JSON text. */
export type EncodedWrite =
  | { kind: 'put'; key: CatalogKey; json: string; expect: Expectation }
  | { kind: 'delete'; key: CatalogKey; expect: Expectation }

const encode = (write: CatalogWrite): EncodedWrite => {
  checkKey(write.key)
  if (write.kind === 'delete') return write
  const json = JSON.stringify(write.value) as string | undefined // undefined for a function, a symbol or undefined
  if (json === undefined) {
    throw new CatalogInputError(`the value of ${nameOf(write.key)} is no JSON data`)
  }
  if (Buffer.byteLength(json) > LIMITS.value) {
    throw new CatalogInputError(
      `the value of ${nameOf(write.key)} has ${Buffer.byteLength(json)} bytes, the limit is ${LIMITS.value}`,
    )
  }
  return { kind: 'put', key: write.key, json, expect: write.expect }
}

/**
 * @returns the writes with their values as JSON text
 * @throws `CATALOG_INVALID`
 */
export const encodeWrites = (writes: readonly CatalogWrite[]): EncodedWrite[] => {
  if (writes.length > LIMITS.items) {
    throw new CatalogInputError(`a write has ${writes.length} items, the limit is ${LIMITS.items}`)
  }
  const encoded = writes.map(encode)
  const keys = new Set(encoded.map(({ key }) => JSON.stringify([key.pk, key.sk])))
  if (keys.size < encoded.length) throw new CatalogInputError('a write names an item twice')
  const size = encoded.reduce(
    (sum, w) => sum + (w.kind === 'put' ? Buffer.byteLength(w.json) : 0),
    0,
  )
  if (size > LIMITS.write) {
    throw new CatalogInputError(`a write has ${size} bytes, the limit is ${LIMITS.write}`)
  }
  return encoded
}

/** The order of sort keys: by UTF-8 bytes, as in DynamoDB and SQLite. JavaScript itself orders by UTF-16 units. */
export const byBytes = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

export interface QueryOptions {
  prefix?: string
  limit?: number
  after?: string
  descending?: boolean
}

/** @throws `CATALOG_INVALID` */
export const checkQuery = (pk: string, { limit = 100 }: QueryOptions): void => {
  if (!isKeyPart(pk))
    throw new CatalogInputError('the partition key is empty, too long or not text')
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMITS.page) {
    throw new CatalogInputError(`a page holds 1 to ${LIMITS.page} items, not ${limit}`)
  }
}
