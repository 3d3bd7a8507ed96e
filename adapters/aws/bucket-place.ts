import type { S3Client } from '@aws-sdk/client-s3'

/** Where a store lives in S3. */
export interface BucketPlace {
  client: S3Client
  bucket: string
  /** what stands before every key: `''` or `prefix/` */
  base: string
  /** for messages: `s3://bucket/prefix` */
  address: string
}

/** @returns the two members that name an object in every request */
export const objectAt = ({ bucket, base }: BucketPlace, key: string) => ({
  Bucket: bucket,
  Key: base + key,
})
