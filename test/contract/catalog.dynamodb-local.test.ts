import { afterAll, beforeAll, describe } from 'vitest'
import { dynamoCatalog } from '#adapters/aws/catalog.ts'
import { createCatalogTable, testDynamoClient } from '#test/support/dynalite.ts'
import { startDynamoDbLocal } from '#test/support/dynamodb-local.ts'
import { testCatalog } from './catalog.ts'

// Amazon's own stand-in has the transactions that dynalite lacks. Its licence forbids us to hand it on, so whoever wants this
// proof fetches it (docs/decisions/0022-dynamodb-checked-on-two-stand-ins.md) and names its folder.
const folder = process.env.XENKEEP_DYNAMODB_LOCAL ?? ''

describe.skipIf(folder === '')('DynamoDB Local (needs XENKEEP_DYNAMODB_LOCAL)', () => {
  const table = 'catalog'
  let local: Awaited<ReturnType<typeof startDynamoDbLocal>>
  beforeAll(async () => {
    local = await startDynamoDbLocal(folder)
    await createCatalogTable(testDynamoClient(local.endpoint), table)
  }, 60_000)
  afterAll(() => local?.stop())

  testCatalog('DynamoDB', async () => {
    const client = testDynamoClient(local.endpoint)
    return {
      catalog: dynamoCatalog({ client, table }),
      reopen: async () => dynamoCatalog({ client, table }),
      close: async () => client.destroy(),
    }
  })
})
