import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import { retrying } from '#adapters/wrap/retrying.ts'
import { lockUntil } from '#repository/lock/generation.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { seededRandom } from '#test/support/repository/seeded.ts'
import type { RolesHost } from './roles.ts'

const BUCKET = 'locked-point'
const CHUNK = 64 * 1024

/** The engine on a bucket with Object Lock that somebody else wrote. */
export const testLockedPoint = (host: () => RolesHost) =>
  describe('a repository in a locked bucket', () => {
    test('is not created where the store overwrites', async () => {
      const client = host().connect()
      await client.send(
        new CreateBucketCommand({ Bucket: BUCKET, ObjectLockEnabledForBucket: true }),
      )
      const store = s3ObjectStore({ client, bucket: BUCKET, prefix: 'unsuitable' })
      // Ceph 16: no If-None-Match in versioned buckets.
      await expect(newRepository(store)).rejects.toMatchObject({
        code: 'STORE_UNSUITABLE',
        message:
          's3://locked-point/unsuitable cannot hold a repository: it overwrites an object that exists, although told not to (If-None-Match).',
      })
      expect(await Array.fromAsync(store.list('repo/'))).toEqual([])
      client.destroy()
    })

    test.each(['governance', 'compliance'] as const)(
      'holds points that are locked in %s mode, as the bucket itself shows',
      async mode => {
        const client = withCreateOnly(host().connect())
        const plain = s3ObjectStore({ client, bucket: BUCKET, prefix: mode })
        const store = retrying(plain, { sleep: async () => {}, attempts: 2 })
        const { repository, jobId } = await newRepository(store)
        const image = seededRandom(9).bytes(12 * CHUNK)
        const before = Date.now()
        const writer = await repository.beginPoint({
          jobId: jobId(),
          vmUuid: VM,
          lock: { mode, days: 3 },
        })
        const request = { diskId: 'a', size: image.length, chunkSize: CHUNK, keep: false }
        const disk = await writer.disk(request)
        await disk.write(0, Buffer.from(image))
        await disk.finish()
        const point = await writer.commit(null)

        const lock = await repository.lockedUntil(point)
        expect(lock.mode).toBe(mode)
        // The agent's clock of this test stands still somewhere else; that of the store counts.
        expect(lock.until).toBeGreaterThanOrEqual(lockUntil(before - 60_000, { mode, days: 3 }))
        expect(lock.until).toBeLessThanOrEqual(lockUntil(Date.now() + 60_000, { mode, days: 3 }))
        expect((await readAll(repository.readDisk(point, 'a'))).equals(image)).toBe(true)
        for await (const { key, version } of store.versions('')) {
          if (key.startsWith('intents/')) continue
          await expect(store.remove(key, version), key).rejects.toMatchObject({
            code: 'OBJECT_LOCKED',
          })
        }
        client.destroy()
      },
    )
  })
