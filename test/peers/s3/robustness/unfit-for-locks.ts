import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { s3ObjectStore } from '#adapters/aws/object-store.ts'
import type { MaintenanceStore } from '#core/ports.ts'
import { withCreateOnly } from '#test/support/create-only.ts'
import { newRepository, readAll, VM } from '#test/support/repository/open.ts'
import { LOCKED, PLAIN, type S3Host } from './s3-host.ts'

const CHUNK = 64 * 1024

/** A point with a lock where the bucket, or our rights in it, do not allow one: told at the start of the job, before anything is sent. */
export const testUnfitForLocks = (host: () => S3Host) =>
  describe('a lock is asked for where none can be had', () => {
    /** @returns what a locked point ends with; a point without lock is made afterwards, so nothing is broken */
    const refusal = async (
      direct: MaintenanceStore,
      on: (store: MaintenanceStore) => MaintenanceStore,
    ) => {
      const { repository, jobId, random, reopen } = await newRepository(direct)
      await repository.close()
      const before = await Array.fromAsync(direct.list(''))
      const locking = await reopen({ store: on(direct) })
      const lock = { mode: 'governance' as const, days: 7 }
      const begun = locking.beginPoint({ jobId: jobId(), vmUuid: VM, lock })
      const error = await begun.then(
        () => undefined,
        caught => caught,
      )
      await locking.close()
      expect(await Array.fromAsync(direct.list(''))).toEqual(before)

      const plain = await reopen()
      const writer = await plain.beginPoint({ jobId: jobId(), vmUuid: VM })
      const image = Buffer.from(random.bytes(4 * CHUNK))
      const disk = await writer.disk({
        diskId: 'a',
        size: image.length,
        chunkSize: CHUNK,
        keep: false,
      })
      await disk.write(0, Buffer.from(image))
      await disk.finish()
      const point = await writer.commit({})
      expect((await readAll(plain.readDisk(point, 'a'))).equals(image)).toBe(true)
      await plain.close()
      return error
    }
    const open = (bucket: string, prefix: string) => {
      const client = host().connect()
      onTestFinished(() => client.destroy())
      const wrapped = bucket === LOCKED ? withCreateOnly(client) : client
      return s3ObjectStore({ client: wrapped, bucket, prefix })
    }

    test('a bucket without Object Lock', async () => {
      expect(await refusal(open(PLAIN, 'no-lock'), store => store)).toMatchObject({
        code: 'LOCK_UNSUPPORTED',
        message: expect.stringContaining(`s3://${PLAIN}/no-lock`),
        retryable: false,
      })
    })

    test('a bucket that takes locks and forgets them', async () => {
      // No S3 at hand forgets; so the real bucket answers, and the locks are left out on the way there.
      const forgetful = (store: MaintenanceStore) => ({ ...store, retain: async () => {} })
      expect(await refusal(open(LOCKED, 'forgets'), forgetful)).toMatchObject({
        code: 'LOCK_NOT_KEPT',
        retryable: false,
      })
    })

    test('an agent without the right to lock', async () => {
      const { radosgw, connect } = host()
      const weak = connect(await radosgw.createUser('weak'))
      const owner = connect()
      onTestFinished(() => [weak, owner].forEach(client => void client.destroy()))
      const Action = [
        's3:PutObject',
        's3:GetObject',
        's3:ListBucket',
        's3:GetObjectRetention',
        's3:GetBucketVersioning',
        's3:GetBucketObjectLockConfiguration',
      ]
      const Statement = {
        Effect: 'Allow',
        Principal: { AWS: ['arn:aws:iam:::user/weak'] },
        Action,
        Resource: [`arn:aws:s3:::${LOCKED}`, `arn:aws:s3:::${LOCKED}/*`],
      }
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [Statement] })
      await owner.send(new PutBucketPolicyCommand({ Bucket: LOCKED, Policy }))
      const prefix = 'may-not-lock'
      const asWeak = () => s3ObjectStore({ client: withCreateOnly(weak), bucket: LOCKED, prefix })
      expect(await refusal(open(LOCKED, prefix), asWeak)).toMatchObject({
        code: 'STORE_DENIED',
        message: expect.stringMatching(/^The object store refused to lock "repo\/00000001" in /),
        retryable: false,
      })
    })
  })
