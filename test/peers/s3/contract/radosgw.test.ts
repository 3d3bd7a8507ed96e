import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { s3Transit } from '#adapters/aws/transit.ts'
import { testMaintenanceStore } from '#test/contract/maintenance-store.ts'
import { testObjectStore } from '#test/contract/object-store.ts'
import { testRetainingStore } from '#test/contract/retaining-store.ts'
import { testTransit } from '#test/contract/transit.ts'
import {
  RADOSGW_TIMEOUT,
  RADOSGW_TOOLS,
  type Radosgw,
  startRadosgw,
} from '#test/support/radosgw.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { testAsOf } from './as-of.ts'
import { testKeyChanges } from './key-changes.ts'
import { testLockedPoint } from './locked-point.ts'
import { testRepositoryTool } from './repository-tool.ts'
import { testRoles } from './roles.ts'
import { testSessions } from './sessions.ts'
import { testWholeProduct } from './whole-product.ts'

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
          const isList = /^List(ObjectsV2|ObjectVersions)Command$/.test(commandName ?? '')
          const page = isList ? { MaxKeys: ITEMS_PER_PAGE } : {}
          return next({ ...args, input: { ...args.input, ...page } })
        },
      { step: 'initialize' },
    )
    await client.send(new CreateBucketCommand({ Bucket: 'contract' }))
    await client.send(new CreateBucketCommand({ Bucket: 'versioned' }))
    const Status = { VersioningConfiguration: { Status: 'Enabled' as const } }
    await client.send(new PutBucketVersioningCommand({ Bucket: 'versioned', ...Status }))
    await client.send(
      new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true }),
    )
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

  const openBucket = (bucket: string, prefix: string) => async () => ({
    store: s3ObjectStore({ client, bucket, prefix }),
    now: () => Date.now(),
    pass: async (until: number) => delay(Math.max(0, until + 1000 - Date.now())),
    hide: async (key: string) => {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}` }))
    },
    overwrite: async (key: string, text: string) => {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${key}`, Body: text }),
      )
    },
  })

  for (const [bucket, support] of [
    ['contract', { versioning: false, objectLock: false }],
    ['versioned', { versioning: true, objectLock: false }],
    ['locked', { versioning: true, objectLock: true }],
  ] as const) {
    testRetainingStore(`S3 bucket "${bucket}"`, support, openBucket(bucket, 'retaining'))
    testMaintenanceStore(
      `S3 bucket "${bucket}"`,
      {
        versions: support.versioning,
        versionNames: support.versioning,
        locks: support.objectLock,
      },
      openBucket(bucket, 'maintenance'),
    )
  }

  testTransit('S3', async () => {
    const signing = new S3Client({
      ...{ endpoint: radosgw.endpoint, credentials: radosgw.credentials },
      ...{ region: 'us-east-1', forcePathStyle: true },
      requestChecksumCalculation: 'WHEN_REQUIRED', // as functions/aws/transit.ts
    })
    return {
      transit: s3Transit({ client: signing, bucket: 'contract' }),
      put: async (url, bytes) => {
        const answer = await fetch(url, { method: 'PUT', body: Buffer.from(bytes) })
        await answer.arrayBuffer()
        return answer.status
      },
      get: async url => {
        const answer = await fetch(url)
        return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) }
      },
      spoil: url => [
        url.replace(/Signature=./, found => `Signature=${found.endsWith('0') ? '1' : '0'}`),
        url.replace(/Expires=\d+/, 'Expires=604800'),
        url.replace('0B/', '0C/'),
        url.replace(/&X-Amz-Signature=[^&]*/, ''),
      ],
      close: async () => signing.destroy(),
    }
  })

  testRepositoryTool(() => ({ radosgw, client: connect() }))
  testRoles(() => ({ radosgw, connect }))
  testSessions(() => ({ radosgw, connect }))
  testWholeProduct(() => ({ radosgw, connect }))
  testLockedPoint(() => ({ radosgw, connect }))
  testAsOf(() => ({ radosgw, connect }))
  testKeyChanges(() => ({ radosgw, connect }))

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
