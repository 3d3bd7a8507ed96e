import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoCatalog } from '#adapters/aws/catalog.ts'
import { createCatalogTable, startDynalite, testDynamoClient } from '#test/support/dynalite.ts'
import { testCatalog } from './catalog.ts'

describe('DynamoDB, by dynalite', () => {
  const table = 'catalog'
  let dynalite: Awaited<ReturnType<typeof startDynalite>>
  beforeAll(async () => {
    dynalite = await startDynalite()
    await createCatalogTable(testDynamoClient(dynalite.endpoint), table)
  })
  afterAll(() => dynalite?.stop())

  testCatalog(
    'DynamoDB (dynalite has no transactions)',
    async () => {
      const client = testDynamoClient(dynalite.endpoint)
      return {
        catalog: dynamoCatalog({ client, table }),
        reopen: async () => dynamoCatalog({ client, table }),
        close: async () => client.destroy(),
      }
    },
    { transactions: false },
  )

  /** The reply to the first UpdateItem is lost after the table has taken it; the SDK then sends it again. */
  const losingFirstReply = () => {
    const client = testDynamoClient(dynalite.endpoint)
    const sent: string[] = []
    client.middlewareStack.add(
      (next, { commandName }) =>
        async args => {
          const reply = await next(args)
          if (commandName !== 'UpdateItemCommand') return reply
          sent.push(commandName)
          if (sent.length > 1) return reply
          throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
        },
      { step: 'deserialize', priority: 'low' },
    )
    return { client, sent }
  }

  test('a write whose reply got lost is known as our own', async () => {
    const { client, sent } = losingFirstReply()
    const catalog = dynamoCatalog({ client, table })
    const key = { pk: 'lost', sk: 'reply' }
    await catalog.write([{ kind: 'put', key, value: 'ours', expect: 'absent' }])
    expect(sent).toHaveLength(2)
    expect(await catalog.get(key)).toMatchObject({ version: 1, value: 'ours' })
    client.destroy()
  })

  test('a table that is not there, and no table at all', async () => {
    const client = testDynamoClient(dynalite.endpoint)
    await expect(
      dynamoCatalog({ client, table: 'nobody' }).get({ pk: 'a', sk: 'b' }),
    ).rejects.toMatchObject({
      code: 'CATALOG_DENIED',
      message:
        'The catalog dynamodb:nobody cannot be opened: permission denied, or it is not there.',
      retryable: false,
    })
    client.destroy()

    const nowhere = testDynamoClient('http://127.0.0.1:1')
    await expect(dynamoCatalog({ client: nowhere, table }).query('a')).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      message: 'The catalog did not list a.',
      retryable: true,
    })
    nowhere.destroy()
  })
})
