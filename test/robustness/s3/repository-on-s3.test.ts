import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import {
  RADOSGW_TIMEOUT,
  RADOSGW_TOOLS,
  type Radosgw,
  startRadosgw,
} from '#test/support/radosgw.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { testLockedLife } from './locked-life.ts'
import type { S3Host } from './s3-host.ts'

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
  }, RADOSGW_TIMEOUT)
  afterAll(() => radosgw?.stop(), RADOSGW_TIMEOUT)

  testLockedLife(host)
})
