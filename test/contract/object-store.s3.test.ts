import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import {
  RADOSGW_TIMEOUT,
  RADOSGW_TOOLS,
  type Radosgw,
  startRadosgw,
} from '#test/support/radosgw.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { testObjectStore } from './object-store.ts'

const ITEMS_PER_PAGE = 3 // S3 sends 1,000: small pages so that every list here is continued

describeWithTools(RADOSGW_TOOLS, 'S3, by radosgw of Ceph', () => {
  let radosgw: Radosgw
  let client: S3Client
  const connect = (credentials = radosgw.credentials) =>
    new S3Client({
      endpoint: radosgw.endpoint,
      credentials,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
    })

  beforeAll(async () => {
    radosgw = await startRadosgw()
    client = connect()
    client.middlewareStack.add(
      (next, { commandName }) =>
        args => {
          const page = commandName === 'ListObjectsV2Command' ? { MaxKeys: ITEMS_PER_PAGE } : {}
          return next({ ...args, input: { ...args.input, ...page } })
        },
      { step: 'initialize' },
    )
    await client.send(new CreateBucketCommand({ Bucket: 'contract' }))
  }, RADOSGW_TIMEOUT)
  afterAll(async () => {
    client?.destroy()
    await radosgw?.stop()
  }, RADOSGW_TIMEOUT)

  testObjectStore(
    'S3',
    async () => {
      const open = () => s3ObjectStore({ client, bucket: 'contract', prefix: 'deep/prefix' })
      return { store: open(), reopen: async () => open() }
    },
    { refusesFolders: false },
  )

  test('a store sees its own prefix and nothing beside it', async () => {
    const stores = ['', 'one', 'one/two', 'one-more'].map(prefix =>
      s3ObjectStore({ client, bucket: 'contract', prefix }),
    )
    for (const store of stores) await store.put('beside', [Buffer.from(store.address)])
    const found = await Promise.all(
      stores.map(async store =>
        (await Array.fromAsync(store.list(''))).map(o => o.key).filter(k => k.includes('beside')),
      ),
    )
    expect(found).toEqual([
      ['beside', 'one-more/beside', 'one/beside', 'one/two/beside'],
      ['beside', 'two/beside'],
      ['beside'],
      ['beside'],
    ])
    expect(Buffer.from((await stores[2]?.get('beside')) ?? []).toString()).toBe(
      's3://contract/one/two',
    )
  })

  test('a missing bucket and refused credentials are told apart', async () => {
    const missing = s3ObjectStore({ client, bucket: 'nobody' })
    const gone = {
      code: 'STORE_MISSING',
      message: 'There is no bucket for s3://nobody.',
      retryable: false,
    }
    await expect(missing.put('a', [])).rejects.toMatchObject(gone)
    await expect(missing.get('a')).rejects.toMatchObject(gone)
    await expect(Array.fromAsync(missing.list(''))).rejects.toMatchObject(gone)

    const secretAccessKey = 'not-the-right-one'
    const refused = connect({ ...radosgw.credentials, secretAccessKey })
    const denied = s3ObjectStore({ client: refused, bucket: 'contract', prefix: 'deep' })
    await expect(denied.put('a', [])).rejects.toMatchObject({
      code: 'STORE_DENIED',
      message: 'The object store refused to write "a" in s3://contract/deep: permission denied.',
    })
    await expect(denied.stat('a')).rejects.toMatchObject({ code: 'STORE_DENIED' })
    refused.destroy()
  })
})
