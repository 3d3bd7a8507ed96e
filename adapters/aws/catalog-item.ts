import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb'
import type { CatalogItem, CatalogKey, Expectation } from '#core/ports.ts'
import type { EncodedWrite } from '../catalog-rules.ts'

/** An item of the table: `pk`, `sk`, `n` version, `v` value as JSON text, `w` mark of the last write. */
export type Attributes = Record<string, AttributeValue>

export const toKey = ({ pk, sk }: CatalogKey) => ({ pk: { S: pk }, sk: { S: sk } })

export const toItem = <T>({ pk, sk, n, v }: Attributes): CatalogItem<T> => ({
  pk: pk?.S ?? '',
  sk: sk?.S ?? '',
  version: Number(n?.N),
  value: JSON.parse(v?.S ?? 'null') as T,
})

const conditionOf = (expect: Expectation) => {
  if (expect === 'any') return {}
  if (expect === 'absent') return { ConditionExpression: 'attribute_not_exists(pk)' }
  return { ConditionExpression: 'n = :expected' }
}

const expectedValue = (expect: Expectation): Attributes =>
  typeof expect === 'string' ? {} : { ':expected': { N: String(expect.version) } }

/**
 * A put is an update, because only an update can count: `ADD n` starts at 1 where nothing is.
 * @param mark tells this write from any other
 */
export const toUpdate = (
  TableName: string,
  write: EncodedWrite & { kind: 'put' },
  mark: string,
) => ({
  TableName,
  Key: toKey(write.key),
  UpdateExpression: 'SET v = :v, w = :w ADD n :one',
  ...conditionOf(write.expect),
  ExpressionAttributeValues: {
    ':v': { S: write.json },
    ':w': { S: mark },
    ':one': { N: '1' },
    ...expectedValue(write.expect),
  },
})

export const toDelete = (TableName: string, write: EncodedWrite & { kind: 'delete' }) => {
  const values = expectedValue(write.expect)
  return {
    TableName,
    Key: toKey(write.key),
    ...conditionOf(write.expect),
    // An empty map is refused.
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  }
}

export const toTransactItem = (
  table: string,
  write: EncodedWrite,
  mark: string,
): TransactWriteItem =>
  write.kind === 'put'
    ? { Update: toUpdate(table, write, mark) }
    : { Delete: toDelete(table, write) }
