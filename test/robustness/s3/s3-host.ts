import type { S3Client } from '@aws-sdk/client-s3'
import type { Credentials, Radosgw } from '#test/support/radosgw.ts'

export interface S3Host {
  radosgw: Radosgw
  /** @param credentials the owner's unless told */
  connect: (credentials?: Credentials, endpoint?: string) => S3Client
}
