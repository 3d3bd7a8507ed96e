import type { S3Client } from '@aws-sdk/client-s3'
import type { Credentials, Radosgw } from '#test/support/radosgw.ts'

export interface S3Host {
  radosgw: Radosgw
  /** @param credentials the owner's unless told */
  connect: (credentials?: Credentials, endpoint?: string) => S3Client
}

/** A bucket without versions, in which Ceph keeps If-None-Match, and one with Object Lock, in which it does not. */
export const PLAIN = 'plain'
export const LOCKED = 'locked'
