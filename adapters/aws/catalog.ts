import { randomUUID } from 'node:crypto'
import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { CatalogConflictError } from '#core/errors/catalog.ts'
import type { Catalog, CatalogItem, CatalogKey, CatalogWrite } from '#core/ports.ts'
import {
  byBytes,
  checkKey,
  checkQuery,
  type EncodedWrite,
  encodeWrites,
  nameOf,
  type QueryOptions,
} from '../catalog-rules.ts'
import { toCatalogError } from './catalog-error.ts'
import {
  type Attributes,
  toDelete,
  toItem,
  toKey,
  toTransactItem,
  toUpdate,
} from './catalog-item.ts'
import { whileHeld } from './while-held.ts'

/**
 * DynamoDB refuses to start at a key outside of the condition. Such an `after` lies before all that starts with `prefix`, and
 * says nothing, or behind it.
 */
const isBehind = (prefix: string, { after, descending = false }: QueryOptions): boolean =>
  after !== undefined &&
  !after.startsWith(prefix) &&
  (descending ? byBytes(after, prefix) < 0 : byBytes(after, prefix) > 0)

/**
 * The catalog in one DynamoDB table with partition key `pk` and sort key `sk`, both text
 * (docs/decisions/0021-catalog-as-json-text.md). A write of one item is a conditional UpdateItem or DeleteItem, a write of
 * several a TransactWriteItems.
 *
 * Needs dynamodb:GetItem, Query, UpdateItem, DeleteItem on the table; a transaction needs no right of its own.
 *
 * @returns the catalog; any call may also throw `CATALOG_DENIED`, also when the table is not there
 */
export const dynamoCatalog = ({
  client,
  table,
}: {
  client: DynamoDBClient
  table: string
}): Catalog => {
  const find = async (key: CatalogKey): Promise<Attributes | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: toKey(key), ConsistentRead: true })
    const { Item } = await client.send(command).catch(error => {
      throw toCatalogError(error, `read ${nameOf(key)}`, table)
    })
    return Item
  }

  const get: Catalog['get'] = async <T>(key: CatalogKey) => {
    checkKey(key)
    const item = await find(key)
    return item && toItem<T>(item)
  }

  /** The SDK repeats an update whose reply got lost, and the repetition then meets what the first one wrote. */
  const isOurOwn = async (error: Error, key: CatalogKey, mark: string) =>
    error instanceof CatalogConflictError && (await find(key))?.w?.S === mark

  const writeOne = async (write: EncodedWrite) => {
    const mark = randomUUID()
    try {
      await whileHeld(async () => {
        if (write.kind === 'put')
          await client.send(new UpdateItemCommand(toUpdate(table, write, mark)))
        else await client.send(new DeleteItemCommand(toDelete(table, write)))
      })
    } catch (error) {
      const own = toCatalogError(error, 'record the change', table, [write.key])
      if (!(await isOurOwn(own, write.key, mark))) throw own
    }
  }

  // The SDK gives each call a ClientRequestToken, which makes its repetitions harmless for ten minutes.
  const writeSeveral = async (writes: readonly EncodedWrite[]) => {
    const mark = randomUUID()
    const items = writes.map(write => toTransactItem(table, write, mark))
    const send = () => client.send(new TransactWriteItemsCommand({ TransactItems: items }))
    await whileHeld(send).catch(error => {
      const keys = writes.map(({ key }) => key)
      throw toCatalogError(error, 'record the change', table, keys)
    })
  }

  const write = async (writes: readonly CatalogWrite[]) => {
    const encoded = encodeWrites(writes)
    const [only] = encoded
    if (only && encoded.length === 1) await writeOne(only)
    else if (only) await writeSeveral(encoded)
  }

  const page = (
    pk: string,
    { prefix, descending }: { prefix: string; descending: boolean },
    limit: number,
    start: string | undefined,
  ) =>
    client
      .send(
        new QueryCommand({
          TableName: table,
          ConsistentRead: true,
          KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
          ExpressionAttributeValues: {
            ':pk': { S: pk },
            ...(prefix && { ':prefix': { S: prefix } }),
          },
          ScanIndexForward: !descending,
          Limit: limit,
          ...(start !== undefined && { ExclusiveStartKey: toKey({ pk, sk: start }) }),
        }),
      )
      .catch(error => {
        throw toCatalogError(error, `list ${pk}`, table)
      })

  const query: Catalog['query'] = async <T>(pk: string, options: QueryOptions = {}) => {
    checkQuery(pk, options)
    const { prefix = '', limit = 100, descending = false } = options
    const items: CatalogItem<T>[] = []
    if (isBehind(prefix, options)) return { items }
    let start = options.after?.startsWith(prefix) ? options.after : undefined
    do {
      // A page of DynamoDB ends at 1 MB, wherever that is.
      const reply = await page(pk, { prefix, descending }, limit + 1 - items.length, start)
      items.push(...(reply.Items ?? []).map(item => toItem<T>(item)))
      start = reply.LastEvaluatedKey?.sk?.S
    } while (start !== undefined && items.length <= limit)
    const last = items[limit - 1]
    return items.length > limit && last
      ? { items: items.slice(0, limit), next: last.sk }
      : { items }
  }

  return { get, write, query }
}
