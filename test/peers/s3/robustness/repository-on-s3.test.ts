import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import {
  RADOSGW_TIMEOUT,
  RADOSGW_TOOLS,
  type Radosgw,
  startRadosgw,
} from '#test/support/radosgw.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { testBadNetwork } from './bad-network.ts'
import { testLockedLife } from './locked-life.ts'
import { testLostReplies } from './lost-replies.ts'
import { LOCKED, PLAIN, type S3Host } from './s3-host.ts'
import { testToolFaults } from './tool-faults.ts'
import { testUnfitForLocks } from './unfit-for-locks.ts'

/** One Ceph for all of them: its start takes longer than most tests. */
describeWithTools(RADOSGW_TOOLS, 'the repository on S3, by radosgw of Ceph', () => {
  let radosgw: Radosgw
  const connect: S3Host['connect'] = (
    credentials = radosgw.credentials,
    endpoint = radosgw.endpoint,
  ) =>
    new S3Client({
      endpoint,
      credentials,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
    })
  const host = () => ({ radosgw, connect })

  beforeAll(async () => {
    radosgw = await startRadosgw()
    const owner = connect()
    await owner.send(new CreateBucketCommand({ Bucket: PLAIN }))
    await owner.send(new CreateBucketCommand({ Bucket: LOCKED, ObjectLockEnabledForBucket: true }))
    owner.destroy()
  }, RADOSGW_TIMEOUT)
  afterAll(() => radosgw?.stop(), RADOSGW_TIMEOUT)

  testLockedLife(host)
  testLostReplies(host)
  testBadNetwork(host)
  testToolFaults(host)
  testUnfitForLocks(host)
})
